using VirtHandover.Contract;
using VirtHandover.Detection;
using VirtHandover.Handover;
using VirtHandover.Queue;

namespace VirtHandover.Tests.Unit.Queue;

/// <summary>Domains, builds and reports to play with.</summary>
internal static class Sample
{
    public static readonly Assessment Good = new(RamMethod.Shared, "Memory is shared.", []);
    public static readonly Assessment Bad = new(null, "", [new Finding("VFIO", FindingSeverity.Blocker, "It has a passthrough device.")]);

    public static Guid Id(int n) => new(n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);

    public static QemuBuild Build(int version) => new("/usr/libexec/qemu-kvm", $"{version}.0.0", $"qemu-kvm-{version}", $"b{version}");

    public static ScannedDomain Domain(int n, int running = 1, int? installed = 2, Assessment? assessment = null, int pid = 100)
    {
        IReadOnlyList<Staleness> reasons = running == installed ? [] : [new Staleness(StalenessKind.Binary, ["/usr/libexec/qemu-kvm"])];
        return new ScannedDomain(
            new DetectedDomain(Id(n), $"vm-{n}", pid + n, Build(running), installed is { } version ? Build(version) : null, reasons),
            new QemuInstance(pid + n, 7, "boot"),
            assessment);
    }

    public static HandoverReport Report(long id, int n, HandoverOutcome outcome) => new()
    {
        Id = id,
        Domain = Id(n),
        Name = $"vm-{n}",
        Outcome = outcome,
        Sentence = $"It ended {outcome}.",
        From = Build(1),
        To = Build(2),
        Method = RamMethod.Shared,
        Findings = outcome == HandoverOutcome.Refused ? Bad.Findings : [],
        StartedAt = DateTimeOffset.UnixEpoch.AddDays(20_000),
        PauseMicroseconds = 22_000,
        TotalMicroseconds = 310_000,
        OutageMicroseconds = 150_000,
        Phases = [new PhaseDuration(HandoverPhase.Begin, 12_000), new PhaseDuration(HandoverPhase.Prepare, 80_000)],
    };
}
