using System.Globalization;
using VirtHandover.Libvirt;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Handover.Settings;

/// <summary>
/// Whether anybody but us has sent commands to a VM's QEMU past libvirt. libvirt marks such a VM (<c>custom-monitor</c>), and our own questions
/// do so, too; so before our first one it is noted whose mark it will be.
/// </summary>
internal static class MonitorUse
{
    private const string Directory = "/run/virt-handover/monitors";

    /// <summary>Looks at the mark. Called before the first question to a QEMU.</summary>
    /// <param name="status">libvirt's status file.</param>
    /// <param name="process">The QEMU.</param>
    /// <param name="directory">Where the notes are; gone with the host's boot.</param>
    /// <returns>True when somebody else had used the monitor before us. What comes later cannot be told from ours.</returns>
    internal static bool WasBeforeUs(StatusFile status, ProcessIdentity process, string directory = Directory)
    {
        if (IsOurs(status.Uuid, process, directory))
            return false;
        if (status.IsMonitorUsed)
            return true;
        Note(status.Uuid, process, directory);
        return false;
    }

    /// <summary>The mark goes on in the status file, and so does the note of whose it is.</summary>
    internal static void HandOver(Guid domain, ProcessIdentity source, ProcessIdentity target, string directory = Directory)
    {
        if (IsOurs(domain, source, directory))
            Note(domain, target, directory);
    }

    private static bool IsOurs(Guid domain, ProcessIdentity process, string directory)
    {
        try
        {
            return File.ReadAllText(FileOf(domain, directory)) == Text(process);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static void Note(Guid domain, ProcessIdentity process, string directory)
    {
        try
        {
            System.IO.Directory.CreateDirectory(directory);
            var file = FileOf(domain, directory);
            var draft = string.Create(CultureInfo.InvariantCulture, $"{file}.{Environment.ProcessId}");
            File.WriteAllText(draft, Text(process));
            File.Move(draft, file, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Then the next look finds a mark without a note, and warns.
        }
    }

    private static string FileOf(Guid domain, string directory) => Path.Combine(directory, domain.ToString());

    private static string Text(ProcessIdentity process) => string.Create(CultureInfo.InvariantCulture, $"{process.ProcessId} {process.StartTime}");
}
