using VirtHandover.Bus.Client;
using VirtHandover.Contract;

namespace VirtHandover.Tests.Unit.Tui.Support;

/// <summary>Domains in every state, with names that do not behave.</summary>
internal static class Sample
{
    public static readonly DateTimeOffset Now = new(2026, 11, 22, 10, 0, 0, TimeSpan.Zero);

    private const string Old = "qemu-kvm-7.2.22-1.el9";
    private const string New = "qemu-kvm-10.0.2-1.el9";

    private static readonly PhaseDuration[] AllPhases =
    [
        new(HandoverPhase.Begin, 12_000), new(HandoverPhase.Prepare, 140_000), new(HandoverPhase.Quiesce, 9_000),
        new(HandoverPhase.Perform, 25_000), new(HandoverPhase.Finish, 6_000), new(HandoverPhase.Confirm, 120_000),
    ];

    public static Guid Id(int number) => new($"00000000-0000-4000-8000-{number:x12}");

    public static DomainView Domain(int number, string name, string state) => new()
    {
        Uuid = Id(number),
        Name = name,
        State = state,
        RunningVersion = "7.2.22",
        InstalledVersion = "10.0.2",
        RunningPackage = Old,
        InstalledPackage = New,
        OutdatedReasons = ["The file /usr/libexec/qemu-kvm is another build than the running process."],
        Method = "shared",
        MethodReason = "The memory is a file that both processes can map.",
        PolicyMode = "ask",
        PolicySource = "default",
        AssessedAt = Now.AddMinutes(-2),
    };

    public static HostView Host() => new("0.1.0", "ask", "", Now.AddMinutes(-2),
    [
        Domain(1, "web-01", "pending") with
        {
            Method = "copy",
            MethodReason = "The memory is private to the running process, so it has to be copied once.",
            Findings =
            [
                new("PTY", FindingSeverity.Note, "The serial console gets a new pty; open consoles have to be reopened."),
                new("RAM_COPY", FindingSeverity.Warning, "Copying 8 GiB takes some seconds and needs as much free memory."),
            ],
        },
        Domain(2, "db-02", "running") with { Method = "copy", Phase = "perform", Progress = 0.74, PhaseTimes = [new(HandoverPhase.Begin, 12_000), new(HandoverPhase.Prepare, 140_000), new(HandoverPhase.Quiesce, 9_000)],
            PhaseSince = Now.AddSeconds(-6), ApprovedBy = "root (uid 0)" },
        Domain(3, "api-03", "done") with
        {
            RunningVersion = "10.0.2", RunningPackage = New, OutdatedReasons = [],
            LastPauseMicroseconds = 31_234, LastTotalMicroseconds = 312_000, LastOutageMicroseconds = 150_400,
            LastSentence = "api-03 runs on QEMU 10.0.2 and libvirt manages it.", ApprovedBy = "Mode=auto",
        },
        Domain(4, "legacy-7", "deferred") with { RunningVersion = "6.2.0", DeferredUntil = Now.AddHours(12), DeferReason = "month-end run" },
        Domain(5, "gpu-1", "blocked") with
        {
            Method = "",
            MethodReason = "",
            Findings = [new("VFIO", FindingSeverity.Blocker, "gpu-1 has a passthrough device (hostdev0), which cannot change its process; shut the VM down and start it again.")],
        },
        Domain(6, "mail", "failed") with
        {
            LastTotalMicroseconds = 1_250_000,
            LastSentence = "The new QEMU for mail exited while loading the device state (exit code 1); mail still runs on QEMU 7.2.22.",
        },
        Domain(7, "builder", "approved") with
        {
            ApprovedBy = "ana (uid 1000)", WaitReason = "Its maintenance window is closed.", NextWindow = Now.AddHours(16),
            PolicyMode = "auto", PolicyWindow = "Mon 02:00-04:00", PolicyMaxPauseMicroseconds = 30_000, PolicyPriority = 10, PolicySource = "domain",
            PolicyOwn = ["mode", "window", "max_pause", "priority"],
        },
        Domain(8, "quiet", "current") with { InstalledVersion = "7.2.22", InstalledPackage = Old, OutdatedReasons = [] },
        Domain(9, "evil\e[2J\nname", "pending"),
        Domain(10, "日本語の仮想マシン", "pending"),
    ])
    {
        PauseBudgetMicroseconds = 300_000,
    };

    /// <summary>A past in which some pauses were too long.</summary>
    public static IReadOnlyList<HandoverReport> History()
    {
        long[] pauses = [28_000, 44_000, 31_000, 90_000, 47_000, 180_000, 52_000, 33_000, 61_000, 331_000, 120_000, 31_234];
        return
        [
            Report(20, 6, "mail", HandoverOutcome.Undone),
            .. pauses.Reverse().Select((pause, i) => Report(19 - i, 3, "api-03", HandoverOutcome.Done) with { PauseMicroseconds = pause }),
            Report(7, 1, "web-01", HandoverOutcome.Done) with { PauseMicroseconds = 41_000 },
            Report(6, 12, "gone\e[31m-since", HandoverOutcome.Done) with { PauseMicroseconds = 8_500 },
        ];
    }

    public static HandoverReport Report(long id, int domain, string name, HandoverOutcome outcome) => new()
    {
        Id = id,
        Domain = Id(domain),
        Name = name,
        Outcome = outcome,
        Sentence = outcome == HandoverOutcome.Done
            ? $"{name} runs on QEMU 10.0.2 and libvirt manages it."
            : $"The new QEMU for {name} exited while loading; {name} still runs on QEMU 7.2.22.",
        From = new QemuBuild("/usr/libexec/qemu-kvm", "7.2.22", Old, "aa11"),
        To = new QemuBuild("/usr/libexec/qemu-kvm", "10.0.2", New, "bb22"),
        Method = RamMethod.Shared,
        MethodReason = "The memory is a file that both processes can map.",
        StartedAt = Now.AddMinutes(-10 * id),
        By = "root (uid 0)",
        ApprovedAt = Now.AddMinutes((-10 * id) - 1),
        PauseMicroseconds = outcome == HandoverOutcome.Done ? 31_234 : 0,
        TotalMicroseconds = 312_000,
        OutageMicroseconds = 150_400,
        Phases = [.. AllPhases.Take(outcome switch { HandoverOutcome.Done => 6, HandoverOutcome.Stranded => 6, HandoverOutcome.Undone => 4, HandoverOutcome.Refused => 1, _ => 2 })],
    };
}
