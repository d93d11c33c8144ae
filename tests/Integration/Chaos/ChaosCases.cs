using System.Globalization;

namespace VirtHandover.Tests.Integration.Chaos;

/// <summary>Which faults are done at which points. <c>VHCHAOS</c> chooses: nothing = those of every test run, <c>all</c>, a number of random ones, or one as <c>POINT:FAULT</c>.</summary>
public static class ChaosCases
{
    private static readonly string[] Early = ["begin.read", "begin.journaled", "prepare.spawned"];

    private static readonly string[] Prepared = ["prepare.named", "prepare.connected", "prepare.proven", "prepare.journaled", "quiesce.jobs-checked", "quiesce.journaled"];

    private static readonly string[] Away =
    [
        "quiesce.daemon-stopped", "quiesce.connected", "quiesce.rechecked", "quiesce.vacated",
        "perform.set-up", "perform.journaled", "perform.stopped", "perform.cards-added", "perform.sending", "perform.moved",
    ];

    private static readonly string[] Deciding = ["finish.frozen", "finish.committed"];

    private static readonly string[] Forward =
    [
        "finish.continued", "confirm.journaled", "confirm.monitor-renamed", "confirm.status-written", "confirm.machine-taken", "confirm.source-ended",
        "confirm.restored", "confirm.remembered", "confirm.adopting",
    ];

    private static readonly string[] After = ["confirm.released", "confirm.verified"];

    /// <summary>What every test run does: each fault where it hurts most.</summary>
    private static readonly (string Point, Fault Fault)[] Telling =
    [
        ("quiesce.daemon-stopped", Fault.KillService), ("finish.committed", Fault.KillService),
        ("prepare.spawned", Fault.KillKeeper), ("prepare.connected", Fault.KillBoth), ("quiesce.daemon-stopped", Fault.KillBoth), ("perform.stopped", Fault.KillBoth),
        ("perform.moved", Fault.KillBoth), ("finish.frozen", Fault.KillBoth), ("finish.committed", Fault.KillBoth),
        ("finish.continued", Fault.KillBoth), ("confirm.source-ended", Fault.KillBoth), ("confirm.monitor-renamed", Fault.KillBoth),
        ("confirm.adopting", Fault.KillBoth),
        ("perform.cards-added", Fault.KillKeeper), ("finish.continued", Fault.KillKeeper),
        ("perform.cards-added", Fault.KillTarget), ("finish.committed", Fault.KillTarget),
        ("perform.cards-added", Fault.StopTarget), ("finish.committed", Fault.StopTarget),
        ("confirm.journaled", Fault.KillSource),
        ("confirm.adopting", Fault.DaemonStartFails),
        ("perform.set-up", Fault.FillDisk), ("finish.frozen", Fault.FillDisk),
        ("perform.stopped", Fault.StartDaemon), ("finish.continued", Fault.KillBothStartDaemon), ("perform.stopped", Fault.KillBothStartDaemon),
        ("confirm.monitor-renamed", Fault.KillBothStartDaemon), ("confirm.source-ended", Fault.KillBothStartDaemon),
        ("quiesce.jobs-checked", Fault.Hammer),
    ];

    public static TheoryData<string, string> Chosen
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach ((string point, Fault fault) in Choose(Environment.GetEnvironmentVariable("VHCHAOS") ?? ""))
                data.Add(point, fault.ToString());
            return data;
        }
    }

    private static IEnumerable<(string Point, Fault Fault)> Choose(string how)
    {
        (string, Fault)[] all = [.. Enum.GetValues<Fault>().SelectMany(fault => PointsOf(fault).Select(point => (point, fault)))];
        if (how.Length == 0)
            return Telling;
        if (how == "all")
            return all;
        if (how.Split(':') is [var point, var fault])
            return [(point, Enum.Parse<Fault>(fault))];
        // Reproducible: the same number gives the same cases.
        int count = int.Parse(how, CultureInfo.InvariantCulture);
        var random = new Random(count);
        return Enumerable.Range(0, count).Select(_ => all[random.Next(all.Length)]).Distinct();
    }

    /// <summary>Where a fault is possible and the guest can survive it.</summary>
    private static string[] PointsOf(Fault fault) => fault switch
    {
        Fault.KillService or Fault.KillKeeper or Fault.KillBoth or Fault.FillDisk or Fault.Hammer =>
            [.. Early, .. Prepared, .. Away, .. Deciding, .. Forward, .. After],
        Fault.KillTarget => ["prepare.spawned", .. Prepared, .. Away, .. Deciding],
        Fault.StopTarget => ["prepare.spawned", .. Prepared, .. Away, .. Deciding, "finish.continued"],
        Fault.KillSource => [.. Forward, .. After],
        Fault.DaemonStartFails => [.. Away, .. Deciding, .. Forward],
        Fault.StartDaemon or Fault.KillBothStartDaemon => [.. Away, .. Deciding, .. Forward],
        _ => throw new ArgumentOutOfRangeException(nameof(fault)),
    };
}
