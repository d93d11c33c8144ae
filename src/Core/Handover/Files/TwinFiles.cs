using System.Globalization;
using System.Text.Json.Nodes;
using VirtHandover.Contract;
using VirtHandover.Handover.Phases;
using VirtHandover.Handover.Preflight;
using VirtHandover.Linux;
using VirtHandover.Linux.Proc;
using VirtHandover.Qemu;

namespace VirtHandover.Handover.Files;

/// <summary>
/// The last word on the images, from the new QEMU itself: it has opened the very files that the old one has, and it can open for writing
/// what it will write. So can the old one then, which stands in the same context: after its state was moved it has let go of its
/// images, and an undo has it open them by path once more.
/// </summary>
internal static class TwinFiles
{
    private const string Node = "virt-handover-file-";

    /// <summary>Refuses a handover whose new QEMU could not take over the images. libvirt may be down, the guest still runs.</summary>
    /// <param name="begun">The source.</param>
    /// <param name="target">The twin, which waits.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="RefusedException">A path names another file, or a file cannot be opened.</exception>
    /// <exception cref="HandoverException">The twin did not close what it had opened.</exception>
    internal static async Task RequireAsync(Begun begun, Target target, CancellationToken cancellationToken)
    {
        var named = NamedFiles.TryOf(begun.CommandLine, begun.Live.Devices.Nodes);
        List<Finding> findings =
        [
            .. FileRules.Check(FileReader.Look(begun.Source.Identity, named, begun.Record.Files), begun.Context),
            .. Foreign(begun.Source.Id, target.Process.Id, begun.CommandLine),
        ];
        var written = named.Where(file => file is { Use: FileUse.Written, Driver: not null }).ToList();
        foreach (var (file, refusal) in written.Zip(await TryAsync(target.Qmp, written, cancellationToken).ConfigureAwait(false)))
        {
            if (refusal is not null)
                findings.Add(FileRules.Refused(file, refusal, begun.Context));
        }

        if (findings.Any(finding => finding.Severity == FindingSeverity.Blocker))
            throw new RefusedException([.. findings.Distinct()]);
    }

    /// <summary>What the twin has opened by itself and the source has not: the same name led to another file.</summary>
    private static IEnumerable<Finding> Foreign(int source, int target, CommandLine line)
    {
        var open = OpenFile.Of(ProcRoot.Host, source);
        // A log may have been rotated since, and each QEMU goes on in the one it has.
        var logs = line.All("chardev").SelectMany(option => (string?[])[option.Value.Text("path"), option.Value.Text("logfile")])
            .OfType<string>().Where(path => path.StartsWith('/')).Select(path => PathOfProcess.LookUp(target, path, out _)).OfType<FileIdentity>().ToList();
        foreach (var file in OpenFile.Of(ProcRoot.Host, target))
        {
            var isMemory = file.Link.StartsWith("/memfd:", StringComparison.Ordinal);
            if (!isMemory && !open.Any(one => one.File.IsSameFile(file.File)) && !logs.Any(log => log.IsSameFile(file.File)))
                yield return FindingCodes.FileOther.Says($"The new QEMU has opened {file.Link}, which the running one has not.");
        }
    }

    // One round trip for all, and one to let go: in the outage every millisecond counts for all VMs of the host.
    private static async Task<IReadOnlyList<string?>> TryAsync(IQmpChannel twin, IReadOnlyList<NamedFile> files, CancellationToken cancellationToken)
    {
        var adding = files.Select((file, index) => AddAsync(twin, file, index, cancellationToken)).ToList();
        var refusals = await Task.WhenAll(adding).ConfigureAwait(false);
        try
        {
            await Task.WhenAll(refusals.Select((refusal, index) => refusal is null ? DeleteAsync(twin, index) : Task.CompletedTask)).ConfigureAwait(false);
        }
        catch (QmpException exception)
        {
            throw new HandoverException($"The new QEMU does not let go of an image that it was asked to open: {exception.Message}", exception);
        }

        return refusals;
    }

    private static async Task<string?> AddAsync(IQmpChannel twin, NamedFile file, int index, CancellationToken cancellationToken)
    {
        try
        {
            _ = await twin.ExecuteAsync(
                "blockdev-add",
                new JsonObject
                {
                    ["driver"] = file.Driver,
                    ["node-name"] = Name(index),
                    ["filename"] = file.Path,
                    ["read-only"] = false,
                    // With it QEMU would open for reading until somebody writes; the lock is the guest's.
                    ["auto-read-only"] = false,
                    ["locking"] = "off",
                },
                null,
                cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (QmpException exception)
        {
            return exception.Description.TrimEnd('.', ' ', '\n', '\r');
        }
    }

    private static async Task DeleteAsync(IQmpChannel twin, int index) =>
        _ = await twin.ExecuteAsync("blockdev-del", new JsonObject { ["node-name"] = Name(index) }).ConfigureAwait(false);

    private static string Name(int index) => string.Create(CultureInfo.InvariantCulture, $"{Node}{index}");
}
