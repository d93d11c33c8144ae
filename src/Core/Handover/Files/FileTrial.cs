using System.Globalization;
using System.IO.Pipes;
using System.Text;
using VirtHandover.Linux;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Handover.Files;

/// <summary>
/// Tries whether a VM's QEMU could open its files anew: a child process takes that QEMU's mount namespace, ids, groups, capabilities
/// and AppArmor profile, opens each file and closes it. Under SELinux the child keeps its own label, for none but QEMU's program may be
/// started in the other; there the new QEMU, once it stands beside the old one, has the last word (<see cref="TwinFiles"/>).
/// </summary>
public static class FileTrial
{
    /// <summary>The first argument that makes the service's program the child.</summary>
    public const string Role = "try-files";

    private const int CannotConfine = 77;
    private const string ForWriting = "w:";
    private const string ForReading = "r:";

    /// <summary>Storage that hangs would keep an <c>open(2)</c> for ever.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    /// <summary>The child: tells on standard output what it could not open, a line each: the file's place among the arguments, and errno.</summary>
    /// <param name="profile">The AppArmor profile to take; empty for none.</param>
    /// <param name="files">The files, each behind <c>w:</c> or <c>r:</c>.</param>
    /// <returns>The exit code.</returns>
    public static int Run(string profile, IReadOnlyList<string> files)
    {
        ArgumentNullException.ThrowIfNull(profile);
        ArgumentNullException.ThrowIfNull(files);
        // Before the profile, in which this program may open nothing of its own any more.
        using var output = Console.OpenStandardOutput();
        if (profile.Length > 0 && !TryConfine(profile))
            return CannotConfine;
        var said = new StringBuilder();
        for (var index = 0; index < files.Count; index++)
        {
            var error = FileOpening.Try(files[index][ForWriting.Length..], files[index].StartsWith(ForWriting, StringComparison.Ordinal));
            if (error != 0)
                said.Append(CultureInfo.InvariantCulture, $"{index} {error}\n");
        }

        output.Write(Encoding.ASCII.GetBytes(said.ToString()));
        return 0;
    }

    /// <summary>Starts the child and reads what it says.</summary>
    /// <param name="context">Whose rights it gets.</param>
    /// <param name="files">The files.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>For each file why it could not be opened, null when it could; and null for all when that could not be found out.</returns>
    internal static async Task<IReadOnlyList<string?>?> TryAsync(ProcessContext context, IReadOnlyList<NamedFile> files, CancellationToken cancellationToken)
    {
        if (files.Count == 0)
            return [];
        var command = context.EnterForFiles(
        [
            Environment.ProcessPath!, Role, context.IsSelinux ? "" : context.Label,
            .. files.Select(file => (file.Use == FileUse.Written ? ForWriting : ForReading) + file.Path),
        ]);
        try
        {
            using var pipe = new AnonymousPipeServerStream(PipeDirection.In);
            using var child = ProcessSpawner.Spawn(
                command[0], command, ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"], [new InheritedDescriptor(pipe.ClientSafePipeHandle, 1)]);
            pipe.DisposeLocalCopyOfClientHandle();
            try
            {
                using var reader = new StreamReader(pipe, Encoding.ASCII);
                var said = await reader.ReadToEndAsync(cancellationToken).WaitAsync(Limit, cancellationToken).ConfigureAwait(false);
                _ = child.WaitForExit(Limit);
                return ProcessSpawner.Reap(child) == 0 ? Parse(said, files.Count) : null;
            }
            finally
            {
                child.Kill();
                _ = child.WaitForExit(TimeSpan.FromMilliseconds(100));
                _ = ProcessSpawner.Reap(child);
            }
        }
        catch (Exception exception) when (exception is TimeoutException or LinuxException or ProcException or IOException)
        {
            return null;
        }
    }

    /// <summary>Reads what the child said.</summary>
    /// <returns>Null when it said something else.</returns>
    internal static IReadOnlyList<string?>? Parse(string said, int count)
    {
        var refusals = new string?[count];
        foreach (var line in said.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Split(' ') is not [var place, var error] ||
                !int.TryParse(place, NumberStyles.None, CultureInfo.InvariantCulture, out var index) || index >= count ||
                !int.TryParse(error, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                return null;
            }

            refusals[index] = FileOpening.Text(number);
        }

        return refusals;
    }

    // A thread of its own right, not the whole process: AppArmor lets each task change itself only, and this one opens the files.
    private static bool TryConfine(string profile)
    {
        foreach (var file in (string[])["/proc/thread-self/attr/apparmor/current", "/proc/thread-self/attr/current"])
        {
            try
            {
                if (!File.Exists(file))
                    continue;
                using var stream = new FileStream(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
                stream.Write(Encoding.UTF8.GetBytes("changeprofile " + profile));
                return true;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                return false;
            }
        }

        return false;
    }
}
