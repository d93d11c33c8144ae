using VirtHandover.Contract;
using VirtHandover.Handover.Preflight;
using VirtHandover.Linux;
using VirtHandover.Linux.Proc;
using VirtHandover.Qemu;

namespace VirtHandover.Handover.Phases;

/// <summary>
/// Makes the target's process what the source's is, in all that the kernel ties to a process or thread and that is not given at its start,
/// and compares the two. The guest runs in the source meanwhile: what cannot be carried refuses the handover.
/// </summary>
internal static class TwinProcess
{
    private const string MainThread = "the main thread";

    /// <summary>Plugs the vCPUs that were plugged into the source: they are on no command line.</summary>
    internal static async Task PlugCpusAsync(Begun begun, Target target, CancellationToken cancellationToken)
    {
        foreach (var cpu in begun.Live.PluggedCpus.Where(cpu => begun.CommandLine.Find("device", cpu.Id) is null))
            await target.Qmp.DeviceAddAsync(cpu.Arguments, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Gives each thread that libvirt knows what the source's has, and compares.</summary>
    /// <returns>What walls the target off from others, which is as the source's.</returns>
    /// <exception cref="RefusedException">Something differs.</exception>
    internal static async Task<ProcessTies> RequireAlikeAsync(Begun begun, Target target, CancellationToken cancellationToken)
    {
        List<string> differences = [];
        await ThreadPlacement.ApplyAsync(begun.Threads, target.Process, target.Qmp, differences, cancellationToken).ConfigureAwait(false);
        var threads = await ThreadPlacement.ThreadsAsync(target.Qmp, cancellationToken).ConfigureAwait(false);
        differences.AddRange(Compare(MainThread, begun.Source, begun.Source.Id, target.Process, target.Process.Id));
        foreach (var old in begun.Threads)
        {
            if (threads.TryGetValue(old.Meaning, out var thread))
                differences.AddRange(Compare(old.Meaning, begun.Source, old.Thread, target.Process, thread));
        }

        var confinement = ProcessTies.ConfinementOf(target.Process.Id);
        List<Finding> findings = [.. differences.Select(FindingCodes.ProcessDiff.Says), .. RightsOf(begun, target)];
        if (findings.Count > 0)
            throw new RefusedException(findings);
        return confinement;
    }

    /// <summary>
    /// Compares all that the kernel ties to the two processes, and ids, capabilities and filter of all the target's threads with the source's and with
    /// what libvirt gives, once more before the guest is paused: the first look was before the guest's last moments in the source.
    /// </summary>
    /// <exception cref="RefusedException">Something differs.</exception>
    internal static void RequireRights(Begun begun, Target target)
    {
        var findings = RightsOf(begun, target);
        if (findings.Count > 0)
            throw new RefusedException(findings);
    }

    /// <summary>
    /// A last look right before the commit. While the guest stands still, because what the target has just loaded comes from the guest, and afterwards
    /// there is no way back: one read of each process and of what walls the target off, some 100 µs.
    /// </summary>
    /// <exception cref="HandoverException">Something differs.</exception>
    internal static void RequireRightsOnce(Prepared prepared)
    {
        var (begun, target) = (prepared.Begun, prepared.Target);
        var source = ProcessStatus.Read(ProcRoot.Host, begun.Source.Id);
        var now = ProcessStatus.Read(ProcRoot.Host, target.Process.Id);
        if (begun.Expected.Differences(now, "The new QEMU").FirstOrDefault() is { } other)
            throw new HandoverException(other);
        if (now.RightsBeyond(source).FirstOrDefault() is { } more)
            throw new HandoverException($"The new QEMU has {more}.");
        if (prepared.Confinement.Differences(ProcessTies.ConfinementOf(target.Process.Id)) is [var moved, ..])
            throw new HandoverException(moved);
    }

    private static List<Finding> RightsOf(Begun begun, Target target)
    {
        var source = ProcessStatus.Read(ProcRoot.Host, begun.Source.Id);
        List<Finding> findings =
        [
            .. begun.Expected.Differences(source, "The VM's QEMU").Select(FindingCodes.RightsOther.Says),
            .. ProcessTies.Of(begun.Source.Id).Differences(ProcessTies.Of(target.Process.Id)).Select(FindingCodes.ProcessDiff.Says),
        ];
        foreach (var thread in ProcessStatus.ReadThreads(ProcRoot.Host, target.Process.Id))
        {
            findings.AddRange(begun.Expected.Differences(thread, "The new QEMU").Select(FindingCodes.RightsOther.Says));
            findings.AddRange(thread.RightsBeyond(source).Select(each => FindingCodes.ProcessDiff.Says($"A thread of the new QEMU has {each}.")));
        }

        return [.. findings.Distinct()];
    }

    /// <summary>How its CPU time is shared with others of its session, which weighs in only where no control group divides the CPU.</summary>
    /// <param name="source">The model.</param>
    /// <param name="target">Who gets the same.</param>
    internal static void CopyAutogroup(ProcessHandle source, ProcessHandle target) => CopyAutogroup(source.Id, target.Id);

    private static IEnumerable<string> Compare(string meaning, ProcessHandle source, int old, ProcessHandle target, int thread)
    {
        using var model = HeldThread.Find(source, old);
        using var twin = HeldThread.Find(target, thread);
        return model is null || twin is null
            ? [$"The thread of {meaning} is none of its QEMU's, or has ended (old QEMU: {old}, new QEMU: {thread})."]
            : [.. ThreadAttributes.Copy(model, twin).Select(difference => $"The new QEMU has for {meaning} {difference}")];
    }

    // It weighs in only where the process is in no group of its own that divides the CPU.
    private static void CopyAutogroup(int source, int target)
    {
        try
        {
            var nice = File.ReadAllText(ProcRoot.Host.File(source, "autogroup")).TrimEnd().Split(" nice ")[^1];
            if (nice is not ("0" or ""))
                File.WriteAllText(ProcRoot.Host.File(target, "autogroup"), nice);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A kernel without it; what could not be set shows in the comparison.
        }
    }
}
