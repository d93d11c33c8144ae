using System.Globalization;
using System.Runtime.InteropServices;
using VirtHandover.Handover.Journal;
using VirtHandover.Libvirt;
using VirtHandover.Linux;

namespace VirtHandover.Handover.Recovery;

/// <summary>
/// Takes a VM that cannot be brought to an end out of libvirt's sight, so that libvirt may come back for all others: its daemon would wait on
/// the VM's monitor, or end the VM. The processes are left as they are. Nothing here needs an answer of them.
/// </summary>
/// <param name="paths">Where libvirt's files are.</param>
internal sealed class Stranding(LibvirtPaths paths)
{
    /// <summary>The program that settles a stranded VM, as an administrator types it.</summary>
    internal const string Settle = "/usr/libexec/virt-handover/virt-handoverd settle";

    private static readonly TimeSpan ReleaseLimit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ReleaseLook = TimeSpan.FromMilliseconds(10);

    private readonly StartGuard _guard = new(paths);

    /// <summary>The handovers whose VMs are out of libvirt's sight.</summary>
    /// <param name="journals">The directory of journals.</param>
    /// <returns>Their numbers and what their journals say, the oldest first.</returns>
    /// <exception cref="LinuxException">A journal cannot be read.</exception>
    internal IReadOnlyList<(long Id, HandoverTrace Trace)> Hidden(string journals)
    {
        if (!Directory.Exists(paths.StatusDirectory))
            return [];
        var hidden = new List<(long Id, HandoverTrace Trace)>();
        foreach (var file in Directory.EnumerateFiles(paths.StatusDirectory, $"*{HandoverTrace.HiddenMark}*"))
        {
            var mark = file.LastIndexOf(HandoverTrace.HiddenMark, StringComparison.Ordinal) + HandoverTrace.HiddenMark.Length;
            if (long.TryParse(file.AsSpan(mark), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                && HandoverTrace.Of(HandoverJournal.Read(HandoverJournal.FileName(journals, id))) is { } trace && trace.HiddenStatusPath == file)
            {
                hidden.Add((id, trace));
            }
        }

        return [.. hidden.OrderBy(one => one.Id)];
    }

    /// <summary>Takes it out of libvirt's sight. libvirt must be down and kept down. May be repeated.</summary>
    /// <param name="trace">The handover.</param>
    /// <returns>A warning; null when a second start of the VM is refused by libvirt.</returns>
    /// <exception cref="HandoverException">libvirt's status file cannot be renamed; libvirt must not come back.</exception>
    internal string? Hide(HandoverTrace trace)
    {
        // First, so that there is no moment in which libvirt takes it for shut off and would start it.
        var warning = _guard.TryPut(trace);
        // A rename needs no room on a disk, and like the VM's processes the file does not outlive the host's boot.
        Move(trace.Opened.StatusPath, trace.HiddenStatusPath, trace);
        return warning;
    }

    /// <summary>Gives libvirt back what it knew of the VM. libvirt must be down and kept down. May be repeated.</summary>
    /// <param name="trace">A handover whose VM is out of its sight.</param>
    /// <exception cref="HandoverException">It cannot be given back.</exception>
    internal async Task PutBackAsync(HandoverTrace trace)
    {
        using var held = TryOpen(trace);
        // One that is there is of a VM that was started anew.
        if (File.Exists(trace.Opened.StatusPath))
            File.Delete(trace.HiddenStatusPath);
        else
            Move(trace.HiddenStatusPath, trace.Opened.StatusPath, trace);
        _guard.Remove(trace);
        await WaitUntilReleasedAsync(held).ConfigureAwait(false);
    }

    /// <summary>Forgets a VM whose processes have ended: libvirt takes it for shut off, which is true, and may start it again.</summary>
    /// <param name="trace">The handover.</param>
    internal async Task ForgetAsync(HandoverTrace trace)
    {
        using var held = TryOpen(trace);
        // Not given back: libvirt would end whoever has the old process's number by now.
        File.Delete(trace.HiddenStatusPath);
        _guard.Remove(trace);
        await WaitUntilReleasedAsync(held).ConfigureAwait(false);
    }

    /// <summary>Marks, as long as the file is open, that somebody holds the images of the VM (<see cref="StrandedDisks"/>).</summary>
    /// <param name="trace">The handover.</param>
    /// <returns>The open file; null when it is no longer there, or somebody else holds them.</returns>
    internal static SafeHandle? TryMarkHeld(HandoverTrace trace)
    {
        if (TryOpen(trace) is not { } file)
            return null;
        if (DurableFile.TryLock(file, trace.HiddenStatusPath))
            return file;
        file.Dispose();
        return null;
    }

    private static SafeHandle? TryOpen(HandoverTrace trace)
    {
        try
        {
            return trace.IsHidden ? DurableFile.OpenAppend(trace.HiddenStatusPath) : null;
        }
        catch (LinuxException)
        {
            return null;
        }
    }

    // A VM that goes on, or is started, right after this needs its images.
    private static async Task WaitUntilReleasedAsync(SafeHandle? file)
    {
        var since = TimeProvider.System.GetTimestamp();
        while (file is not null && !DurableFile.TryLock(file, "the status file") && TimeProvider.System.GetElapsedTime(since) < ReleaseLimit)
            await Task.Delay(ReleaseLook).ConfigureAwait(false);
    }

    private static void Move(string from, string to, HandoverTrace trace)
    {
        try
        {
            if (File.Exists(from))
                DurableFile.Replace(from, to);
        }
        catch (LinuxException exception)
        {
            throw new HandoverException($"libvirt's status file of VM {trace.Opened.Name} cannot be moved: {exception.Message}", exception);
        }
    }

    /// <summary>What became of it and what to do, for the report and the alarm.</summary>
    /// <param name="trace">The handover.</param>
    /// <param name="why">What kept it from its end.</param>
    /// <param name="warning">From <see cref="Hide"/>.</param>
    internal static string Sentence(HandoverTrace trace, string why, string? warning)
    {
        var name = trace.Opened.Name;
        var where = trace.Committed is null
            ? $"its guest is the old QEMU's (process {Number(trace.Opened.Source.ProcessId)})"
            : $"its guest was given to the new QEMU (process {Number(trace.Target?.Target.ProcessId ?? 0)}); the old one (process {Number(trace.Opened.Source.ProcessId)}) is frozen and must not be continued";
        return $"VM {name} did not come to an end in time and has been taken out of libvirt's sight, so that libvirt is there for all others: {where}. "
            + $"libvirt shows it as shut off, which it is not: do not start it a second time. {warning ?? "libvirt refuses to start it."} "
            + $"As root, '{Settle} {Words(trace)}' gives it back to libvirt once it answers again, and '{Settle} {Words(trace)} --kill' ends it. {why}";
    }

    /// <summary>The same for one that libvirt has in its sight.</summary>
    /// <param name="trace">The handover.</param>
    /// <param name="why">What kept it from its end.</param>
    internal static string Sentence(HandoverTrace trace, string why) =>
        $"The handover of VM {trace.Opened.Name} was given up without an end, so that nothing waits for it any more: {why} The VM is in libvirt's sight, "
        + (trace.Committed is null
            ? $"and its guest is the old QEMU's (process {Number(trace.Opened.Source.ProcessId)}), where it may stand still. "
            : $"and its guest is the new QEMU's (process {Number(trace.Target?.Target.ProcessId ?? 0)}). ")
        + $"Look with 'virsh domstate {trace.Opened.Name}'; 'virsh destroy {trace.Opened.Name}' ends it.";

    // A name is its owner's choice; the number is ours.
    private static string Words(HandoverTrace trace) => trace.Opened.Request.Domain.ToString();

    private static string Number(int process) => process.ToString(CultureInfo.InvariantCulture);
}
