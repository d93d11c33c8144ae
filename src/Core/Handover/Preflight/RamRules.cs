using System.Globalization;
using VirtHandover.Contract;
using VirtHandover.Qemu;

namespace VirtHandover.Handover.Preflight;

/// <summary>Guest memory: which method carries it.</summary>
internal static class RamRules
{
    // From about 8.1 on QEMU leaves out of a migration only what is a named file; measured: 7.2 leaves a memfd out, 10.0 does not.
    private static readonly Version MemfdIsShared = new(8, 0);

    // Measured: with TCG, a copy of a running guest by 7.2.22 corrupted its memory in 10 of 10 runs that took longer than a moment, by
    // 10.0.2 in 0 of 7. The cure is QEMU 9.0's "physmem: Fix migration dirty bitmap coherency with TCG memory access". KVM tracks
    // writes by itself.
    private static readonly Version TcgTracksWrites = new(9, 0);

    // Measured: 65 to 71 MiB (docs/benchmarks.md, memory beside the old one).
    internal const long LeastTwin = 64 << 20;

    private enum Backing
    {
        Shared,
        MemfdTooNew,
        Private,
    }

    /// <summary>Chooses the method.</summary>
    internal static RamMethodChoice Choose(SourceFacts facts)
    {
        var live = facts.Live.Devices;
        if (live.Memory.Count == 0)
            return new RamMethodChoice(null, "There is no guest memory to hand over.", [FindingCodes.RamNone.Says("QEMU tells of no guest memory.")]);
        var backings = live.Memory.Select(m => (m.Id, m.Size, Backing: Of(m, live))).ToList();
        var findings = new List<Finding>(Options(facts.Line));
        if (backings.All(b => b.Backing == Backing.Shared))
        {
            var twin = Twin(facts.OwnBytes);
            findings.AddRange(Space($"The new QEMU takes {Mebibytes(twin)} beside the old one", twin, facts.Host));
            return new RamMethodChoice(RamMethod.Shared, $"Its memory lies in {(live.MemoryTypes.Values.Contains("memory-backend-memfd") ? "a shared memfd" : "a shared file")}, so both processes can map it.", findings);
        }

        foreach (var (id, _, backing) in backings)
        {
            if (backing == Backing.Private)
                findings.Add(FindingCodes.RamPrivate.Says($"The memory '{id}' belongs to the QEMU process alone and is copied."));
            else if (backing == Backing.MemfdTooNew)
                findings.Add(FindingCodes.RamMemfdNew.Says($"The memory '{id}' is a memfd, which QEMU {live.Version.Version} does not take for shared."));
        }

        if (backings.Any(b => b.Backing == Backing.Shared))
            findings.Add(FindingCodes.RamMixed.Says("Some of its memory is shared and some is not, so all of it is copied."));
        var copy = backings.Sum(b => b.Size);
        var whole = copy + Twin(facts.OwnBytes - backings.Where(b => b.Backing == Backing.Private).Sum(b => b.Size));
        findings.AddRange(Space($"The new QEMU with a copy of the memory takes {Mebibytes(whole)}", whole, facts.Host));
        findings.AddRange(HugePages(facts.Line));
        var reason = backings.Any(b => b.Backing == Backing.Private)
            ? "Its memory belongs to the QEMU process alone, so it is copied once, into shared memory."
            : $"Its memory is a memfd, which QEMU {live.Version.Version} does not take for shared, so it is copied once.";
        var still = LosesWrites(facts);
        if (!still)
            return new RamMethodChoice(RamMethod.Copy, reason, findings);
        var pause = StillPause.Estimate(copy, facts.OwnBytes);
        findings.Add(FindingCodes.RamStill.Says(
            $"QEMU {live.Version.Version} emulates the processor and loses track of memory that the guest writes during a copy: it would stand still for about {StillPause.Text(pause)}."));
        return new RamMethodChoice(RamMethod.Copy, reason, findings) { StandsStill = true, EstimatedPause = facts.Live.State.IsRunning ? pause : null };
    }

    private static bool LosesWrites(SourceFacts facts) =>
        facts.Live.Devices.Version.Version < TcgTracksWrites
        && !facts.Line.All("accel").Any(o => o.Kind == "kvm")
        && !facts.Line.All("machine").Any(o => o.Value.Text("accel")?.StartsWith("kvm", StringComparison.Ordinal) == true)
        && facts.Line.Last("enable-kvm") is null;

    private static Backing Of(MemoryBackend memory, DeviceSnapshot live) => (live.MemoryTypes.GetValueOrDefault(memory.Id ?? ""), memory.Share) switch
    {
        ("memory-backend-file", true) => Backing.Shared,
        ("memory-backend-memfd", true) => live.Version.Version < MemfdIsShared ? Backing.Shared : Backing.MemfdTooNew,
        _ => Backing.Private,
    };

    private static IEnumerable<Finding> Options(CommandLine line)
    {
        foreach (var option in line.Options.Where(RamOptions.IsBackend))
        {
            if (option.Value.IsOn("discard-data"))
                yield return FindingCodes.RamDiscard.Says($"The memory '{option.Id}' has discard-data.");
            if (option.Value.IsOn("prealloc"))
                yield return FindingCodes.RamPrealloc.Says($"The memory '{option.Id}' has prealloc.");
        }
    }

    /// <summary>What the new QEMU needs but for guest memory: as much as the old one, which has run for a while.</summary>
    private static long Twin(long own) => Math.Max(own, LeastTwin);

    // Where memory runs out the kernel ends the largest process, and that is a VM.
    private static IEnumerable<Finding> Space(string need, long bytes, HostFacts host)
    {
        if (host.AvailableBytes < bytes)
            yield return FindingCodes.RamSpace.Says($"{need} and the host has {Mebibytes(host.AvailableBytes)} left.");
        else if (host.GroupBytesLeft is { } left && left < bytes)
            yield return FindingCodes.RamSpace.Says($"{need} and the VM's control group has {Mebibytes(left)} left.");
    }

    private static IEnumerable<Finding> HugePages(CommandLine line)
    {
        foreach (var option in line.Options.Where(RamOptions.IsBackend))
        {
            if (option.Value.IsOn("hugetlb") || option.Value.Text("mem-path")?.Contains("hugepages", StringComparison.Ordinal) == true)
                yield return FindingCodes.RamHugePages.Says($"The memory '{option.Id}' lies in huge pages and would have to be copied.");
        }

        if (line.Last("mem-path") is { } path)
            yield return FindingCodes.RamHugePages.Says($"The memory lies in {path.Argument} and would have to be copied.");
    }

    private static string Mebibytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes >> 20} MiB");
}
