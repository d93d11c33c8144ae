using System.Globalization;
using VirtHandover.Libvirt;
using VirtHandover.Linux;

namespace VirtHandover.Handover.Recovery;

/// <summary>
/// Keeps libvirt from starting a VM that it takes for shut off while a process of it is alive: by hand, by autostart, by an incoming
/// migration. A script among libvirt's hooks (<c>hooks/qemu.d</c>, libvirt 6.5 and later), which its daemon asks before it touches anything of a
/// VM that is to be started; it is there only while a VM is stranded, and says no only as long as one of its processes exists.
/// </summary>
/// <param name="paths">Where libvirt's files are.</param>
internal sealed class StartGuard(LibvirtPaths paths)
{
    private const string Mark = "virt-handover-";
    private const UnixFileMode Mode = (UnixFileMode)0x1ed;

    /// <summary>Puts the script in place.</summary>
    /// <param name="trace">The handover of the VM.</param>
    /// <returns>Null; or, as a sentence, why only the locks of its images keep the VM from being started twice.</returns>
    internal string? TryPut(HandoverTrace trace)
    {
        var path = PathOf(trace);
        try
        {
            _ = System.IO.Directory.CreateDirectory(Directory);
            // libvirt runs what is executable there, so it gets its name when it is whole.
            var next = path + ".new";
            File.Delete(next);
            File.WriteAllText(next, Script(trace));
            File.SetUnixFileMode(next, Mode);
            DurableFile.Replace(next, path);
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or LinuxException)
        {
            return $"Nothing but the locks of its images keeps libvirt from starting it: {path} cannot be written ({exception.Message.TrimEnd('.')}).";
        }
    }

    /// <summary>Takes the script away.</summary>
    /// <param name="trace">The handover of the VM.</param>
    internal void Remove(HandoverTrace trace)
    {
        try
        {
            File.Delete(PathOf(trace));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It says yes as soon as the processes are gone that it knows.
        }
    }

    /// <summary>Takes away what is left of another boot of the host, none of whose processes exist any more.</summary>
    internal void Sweep()
    {
        try
        {
            foreach (var path in System.IO.Directory.Exists(Directory) ? System.IO.Directory.EnumerateFiles(Directory, Mark + "*") : Array.Empty<string>())
            {
                if (!File.ReadAllText(path).Contains(HostBoot.Id, StringComparison.Ordinal))
                    File.Delete(path);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It says yes to everything.
        }
    }

    private string Directory => Path.Combine(paths.ConfigDirectory, "hooks", "qemu.d");

    private string PathOf(HandoverTrace trace) => Path.Combine(Directory, $"{Mark}{trace.Opened.Request.Domain}");

    // Nothing of it is text of others: a UUID, a boot id and process numbers. libvirt tells the script the domain's definition on its
    // standard input; a number that another process has meanwhile errs on the safe side.
    private static string Script(HandoverTrace trace)
    {
        var processes = string.Join(' ', new[] { trace.Opened.Source.ProcessId, trace.Target?.Target.ProcessId }
            .OfType<int>().Distinct().Select(process => process.ToString(CultureInfo.InvariantCulture)));
        return $"""
            #!/bin/sh
            # Put here by virt-handover while this VM is stranded: it runs, and libvirt does not know.
            # '{Stranding.Settle} {trace.Opened.Request.Domain}' takes it away.
            case $2 in prepare | start | migrate | restore) ;; *) exit 0 ;; esac
            grep -qi '<uuid>{trace.Opened.Request.Domain}</uuid>' || exit 0
            [ "$(cat /proc/sys/kernel/random/boot_id)" = '{trace.Opened.Boot}' ] || exit 0
            for process in {processes}; do
              if [ -d /proc/$process ]; then
                echo "This VM is not started: it runs as process $process, which virt-handover took out of libvirt's sight. See '{Stranding.Settle} {trace.Opened.Request.Domain}'." >&2
                exit 1
              fi
            done
            exit 0

            """;
    }
}
