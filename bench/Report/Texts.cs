using System.Globalization;
using VirtHandover.Bench.Results;

namespace VirtHandover.Bench.Report;

/// <summary>The words of the page that hold for every run.</summary>
internal static class Texts
{
    public static IReadOnlyList<string> Definitions { get; } =
    [
        "**pause**: from the old QEMU's STOP event to the new one's RESUME event, QEMU's own timestamps, one host clock. The guest's processors stand still.",
        "**gap**: the longest silence of the 1 kHz UDP stream that the guest sends, by the kernel's times of arrival outside. It holds the pause, and what the guest needs until it sends again. *Gap of answers*: the same of answers to questions that are sent to it at a fixed rate.",
        "**total**: from the first look at the VM until libvirt has confirmed that it runs in the new QEMU. **request**: from calling `virt-handover run` until it ends; the service's scans before and after, and its records, are in it.",
        "**outage**: how long libvirt's API is away, for all VMs of the host; the VMs run on.",
        "Of the other ways, *total* begins with the first step (starting the target process, calling `virsh`) and ends when the guest runs again; for `shutdown` + `start`, when it answers again.",
    ];

    public static string Parameters => """
        `make bench` as root on a quiet machine writes this page and the charts; raw results are in [benchmarks/results.json](benchmarks/results.json). `make bench QUICK=1`
        measures a part of it in five minutes at most, into `artifacts/bench`. Nothing on the host is touched: it all runs in [the lab](../tests/lab/README.md). The exit status is 0 if
        everything was measured, 1 if something failed (the page says what), 3 if a VM was lost. Everything can be chosen:

            make bench MEMORY="1024 4096" VCPUS="1 2" LOADS="idle 1:256:100 4:512:max" COUNT=10 ENDS_COUNT=20

        | variable | full, quick | meaning |
        |---|---|---|
        | `MEMORY` | 1024 2048 4096 8192 16384, 1024 4096 | the guests' RAM, MiB; what does not fit is left out and named |
        | `VCPUS` | 1 2 4, 2 | |
        | `LOADS` | idle 1:256:100 4:512:max, idle 4:512:max | `idle` or WRITERS:MIB:MB/s |
        | `COUNT`, `ENDS_COUNT` | 10 and 20, 6 and 6 | counted handovers a cell; of the cells with the least and the most RAM, first and last load |
        | `PEER_MEMORY`, `PEER_VCPUS` | 1024 8192 and 2, 1024 and 2 | the guests that are moved in the other ways as well; `PEER_VCPUS` is also what charts and goals are made of |
        | `PEER_COUNT`, `PEER_FILL`, `COPY_LIMIT` | 3, 50, 60; 1, 50, 20 | moves of each other way (one less with larger guests than the first); percent of RAM that such a guest fills with bytes; seconds after which a copy that does not end is made to |
        | `MANY`, `MANY_MEMORY` | 1 5 10 20 and 128, 1 5 and 128 | VMs approved at once, MiB each |
        | `SCAN_DOMAINS`, `SCAN_PROCESSES`, `SCAN_COUNT` | 200, 200, 20; 200, 50, 10 | domains of the synthetic `/proc`, real processes, scans |
        | `IDLE_SECONDS`, `HOOK_COUNT`, `SCREEN_COUNT`, `PROFILE_COUNT` | 60, 10, 10, 10; 10, 3, 3, 5 | |
        | `MINUTES` | 40, 5 | after so long no further guest of the grid is begun, and the page names those left out; guests with `PEER_VCPUS` come first, the grid comes last |
        | `ECHO_HZ` | 200 | questions to the guest a second |
        | `PARTS` | grid rest profile many | which parts run |
        | `NOTE` | | a sentence about this run for the top of the page |
        | `PUBLISH` | | 1: write this page from a part of the whole, or from a run in which something failed, as well |

        `dotnet artifacts/bin/VirtHandover.Bench/release/VirtHandover.Bench.dll report RESULTS.json PAGE.md` writes a page from results without measuring.

        `make compare BEFORE=REV` builds that commit as well and hands over with both products in turns, in one lab, so that what else the machine does
        meets both alike. It prints medians and ratios; with `PUBLISH=1` they come onto this page. `COUNT` turns (30), in each of which a product's service
        starts, does one handover that is told apart and `EACH` others (1), of guests with `MEMORY` MiB (1024) and `VCPUS` (2).
        """;

    public static string Introduction(BenchResults results)
    {
        var machine = results.Machine;
        return string.Create(CultureInfo.InvariantCulture, $"""
            Written by `make bench{(results.Plan.Quick ? " QUICK=1" : "")}` on {results.StartedAt:yyyy-MM-dd}, in {results.Seconds / 60:0} minutes. Absolute times are this machine's; ratios hold further:
            {machine.Cpu}, {machine.Cores} processors, {machine.MemoryMib / 1024.0:0.0} GiB, Linux {machine.Kernel}, {machine.Acceleration}, libvirt {machine.Libvirt}, QEMU {machine.Qemu}
            (for many VMs {machine.OldQemu} → {machine.Qemu}), {machine.Product}.{(results.Plan.Note.Length > 0 ? $" **{results.Plan.Note}**" : "")}

            Published figures of others use other definitions and machines (QEMU's cpr-transfer 148–159 ms, cloud-hypervisor's 50 ms), so compare with what was run here.
            """);
    }

    public static IReadOnlyList<string> Method(BenchResults results) =>
    [
        "The real product: installed from its RPMs into [the lab](../tests/lab/README.md), with real libvirt and QEMU, driven by `virt-handover … --json`. `MaxPause=30s`, so that a long pause is measured and not undone; `Canary=no`, because a canary goes once before all VMs and not with each.",
        $"Handovers of the grid go from the installed QEMU {results.Machine.Qemu} to itself, with `virt-handover run`: all steps are the same, and every guest can be handed over many times. Those of many VMs are upgrades from {results.Machine.OldQemu}.",
        "The guests have a disk, a tap in a bridge, VGA, VNC, a serial console and an agent channel; memory from a shared file, all of it allocated. They send 1,000 datagrams a second, rewrite and verify 16 MiB, write and verify disk records.",
        "After every move the guest proves that it is the same boot, goes on, and has found no damage in memory or on disk; if not, the run ends with exit status 3. The first handover of each cell is not counted: during it memory is watched (private memory of all processes and shared memory of the host), which costs CPU.",
        $"Load: WRITERS threads dirty MIB at MB/s together, one word in each page; `max` is as fast as emulation lets them. The host has {results.Machine.Cores} processors, so guests with more busy vCPUs compete with the handover.",
        "Other ways: managedsave and restart on the same libvirt VM after its handovers; the copying migration and the floor on QEMU processes with the same devices, without libvirt, with a tap of their own for each process. Managed saves go to a file in memory, the best case for them.",
        "Percentiles are by nearest rank: always a value that was measured.",
        "Not measured here: KVM, huge pages, SELinux, systemd starting the daemons.",
    ];

    public static string Ways(BenchResults results) => string.Create(CultureInfo.InvariantCulture, $"""
        Medians, ms. Guests with {results.Plan.PeerVcpus} vCPUs that have filled {results.Plan.PeerFill} % of their RAM with bytes. *Copying migration*: QEMU to QEMU on this host, bandwidth not limited, otherwise QEMU's defaults.
        *Floor*: the barest handover, without libvirt, checks, records or undo: start the target, `x-ignore-shared`, `migrate`; once with the guest stopped first as virt-handover does, once with QEMU stopping it by itself at the end.
        Where QEMU gives no pause (its process ends in between), only the gap counts.
        """);
}
