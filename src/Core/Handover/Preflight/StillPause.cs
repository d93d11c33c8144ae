using System.Globalization;
using VirtHandover.Contract;

namespace VirtHandover.Handover.Preflight;

/// <summary>How long a guest stands still whose memory is copied meanwhile.</summary>
internal static class StillPause
{
    // Rather too slow: whoever is told 8 s and gets 3 s is glad. Measured (QEMU 7.2, software emulation): 110 MiB/s on a host with four times
    // the work it can do, 3 GiB/s for memory that was never touched on an idle one.
    private const long CopiedPerSecond = 256L << 20;
    private const long SkimmedPerSecond = 2L << 30;
    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(100);

    /// <summary>Estimates it.</summary>
    /// <param name="memory">The guest's memory, in bytes.</param>
    /// <param name="touched">How much memory its QEMU has in use, in bytes: no more of the guest's than that was ever touched.</param>
    internal static TimeSpan Estimate(long memory, long touched)
    {
        var copied = Math.Clamp(touched, 0, memory);
        var seconds = ((double)copied / CopiedPerSecond) + ((double)(memory - copied) / SkimmedPerSecond);
        return Least + TimeSpan.FromSeconds(Math.Round(seconds, 1));
    }

    /// <summary>As a sentence has it.</summary>
    internal static string Text(TimeSpan pause) => string.Create(CultureInfo.InvariantCulture, $"{pause.TotalSeconds:0.0} s");

    /// <summary>The refusal, when it is longer than it may be.</summary>
    /// <param name="assessment">What the preflight said.</param>
    /// <param name="budget">How long it may be.</param>
    internal static Finding? Refusal(Assessment assessment, TimeSpan budget) =>
        assessment.EstimatedPause is { } pause && assessment.Exceeds(budget)
            ? FindingCodes.PauseBudget.Says(string.Create(
                CultureInfo.InvariantCulture,
                $"The guest would stand still for about {Text(pause)} while its memory is copied, and may for {budget.TotalMilliseconds:0.###} ms."))
            : null;
}
