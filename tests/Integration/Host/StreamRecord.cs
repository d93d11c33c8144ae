namespace VirtHandover.Tests.Integration.Host;

/// <summary>What one guest's stream looked like from outside; the probe's JSON.</summary>
internal sealed record StreamRecord(string Ip, long Packets, long Lost, long LongestLostRun, long Late, long Damaged, double LongestGapMs, double Seconds);
