using System.Globalization;
using System.Text.Json;
using VirtHandover.Foreign;
using VirtHandover.Handover.Journal;
using VirtHandover.Linux;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Handover.Records;

/// <summary>
/// The records of all running domains, a file each. They may hold passwords (<c>qemu:commandline</c>), and a handover believes them, so only root may
/// read or write there. They lie in memory: gone with the host's boot, as the processes are, and no full disk is in their way.
/// </summary>
/// <param name="directory">The directory; made when it is missing.</param>
internal sealed class DomainRecords(string directory)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const int ForOthers = 0x3f;

    /// <summary>More than the kernel lets a program be started with; what is longer was not written by us.</summary>
    private const long MaxBytes = 16 << 20;

    /// <summary>The host's.</summary>
    internal static DomainRecords Host { get; } = new("/run/virt-handover/records");

    /// <summary>Reads the record of a process.</summary>
    /// <param name="domain">The domain's UUID.</param>
    /// <param name="process">Its process.</param>
    /// <returns>Null when there is none of this very process, or none that can be read.</returns>
    /// <exception cref="HandoverException">Others than its owner may change the directory.</exception>
    internal DomainRecord? Read(Guid domain, ProcessIdentity process)
    {
        RequireOwn();
        try
        {
            using var file = new FileStream(FileOf(domain, process), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (file.Length > MaxBytes)
                return null;
            var content = new byte[file.Length];
            file.ReadExactly(content);
            return Parse(content) is { } record && record.Domain == domain && record.Process == process && record.Boot == HostBoot.Id
                    ? record
                    : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // None, or of no use: the process is looked at anew, and that it was late is said.
            return null;
        }
    }

    /// <summary>Reads a record's text; null when it is none that is whole.</summary>
    internal static DomainRecord? Parse(ReadOnlySpan<byte> content) =>
        ForeignJson.TryRead(content, HandoverJson.Default.DomainRecord) is { Words.Count: > 0, Arguments.Count: > 0, Environment: not null } record ? record : null;

    /// <summary>Keeps a record in the place of any other one of the same process.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise.</exception>
    /// <exception cref="HandoverException">Others than its owner may change the directory.</exception>
    internal void Write(DomainRecord record)
    {
        _ = Directory.CreateDirectory(directory, OwnerOnly);
        RequireOwn();
        var file = FileOf(record.Domain, record.Process);
        // The service and a keeper may write at the same time.
        var draft = string.Create(CultureInfo.InvariantCulture, $"{file}.{Environment.ProcessId}.{Guid.NewGuid():N}.new");
        try
        {
            using (var stream = new FileStream(draft, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }))
            {
                JsonSerializer.Serialize(stream, record, HandoverJson.Default.DomainRecord);
            }

            File.Move(draft, file, overwrite: true);
        }
        catch
        {
            File.Delete(draft);
            throw;
        }
    }

    /// <summary>Removes the record of a process.</summary>
    /// <exception cref="IOException">It cannot be removed.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise.</exception>
    internal void Remove(Guid domain, ProcessIdentity process)
    {
        if (Directory.Exists(directory))
            File.Delete(FileOf(domain, process));
    }

    /// <summary>Removes the records of processes that have ended, and drafts that nobody finishes.</summary>
    /// <param name="proc">Where procfs is.</param>
    internal void Prune(ProcRoot proc)
    {
        if (!Directory.Exists(directory))
            return;
        RequireOwn();
        foreach (var file in Directory.EnumerateFiles(directory))
        {
            var parts = Path.GetFileName(file).Split('.');
            // UUID.PID.START; a draft has its writer's number behind that, and is its writer's as long as that lives.
            var isOwned = parts.Length switch
            {
                3 => Identity(parts[1], parts[2])?.Exists(proc) ?? false,
                > 3 => int.TryParse(parts[3], NumberStyles.None, CultureInfo.InvariantCulture, out var writer) && File.Exists(proc.File(writer, "stat")),
                _ => false,
            };
            if (!isOwned)
                File.Delete(file);
        }
    }

    private static ProcessIdentity? Identity(string process, string start) =>
        int.TryParse(process, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
        && ulong.TryParse(start, NumberStyles.None, CultureInfo.InvariantCulture, out var time)
            ? new ProcessIdentity(id, time)
            : null;

    private string FileOf(Guid domain, ProcessIdentity process) =>
        Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"{domain}.{process.ProcessId}.{process.StartTime}"));

    private void RequireOwn()
    {
        var self = ProcessStatus.Read(ProcRoot.Host, Environment.ProcessId).UserIds[1];
        if (FileIdentity.Of(directory) is { } found && (found.UserId != self || (found.Mode & ForOthers) != 0))
        {
            throw new HandoverException(
                $"Others can reach the directory {directory}, so what it says of the VMs cannot be believed; remove it, and virt-handover makes it anew.");
        }
    }
}
