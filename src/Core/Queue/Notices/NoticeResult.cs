using VirtHandover.Contract;

namespace VirtHandover.Queue;

/// <summary>What the administrator's own programs are told of a handover's result.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="PauseMicroseconds">How long the guest stood still.</param>
/// <param name="By">Who asked for it; escaped.</param>
public sealed record NoticeResult(long Id, HandoverOutcome Outcome, long PauseMicroseconds, string By);
