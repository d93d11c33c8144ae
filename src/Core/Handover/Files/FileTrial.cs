using System.Globalization;
using System.IO.Pipes;
using System.Text;
using System.Text.Json.Serialization;
using VirtHandover.Linux;
using VirtHandover.Linux.Launch;
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
    private const int CannotEnter = 78;

    /// <summary>Storage that hangs would keep an <c>open(2)</c> for ever.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    /// <summary>The child: tells on standard output what it could not open, a line each: the file's place among the files, and errno.</summary>
    /// <param name="plan">The number of the descriptor that the plan is read from.</param>
    /// <returns>The exit code.</returns>
    public static int Run(string plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var code = CannotEnter;
        if (int.TryParse(plan, NumberStyles.None, CultureInfo.InvariantCulture, out var descriptor) && descriptor > 2)
            Launcher.OnThread(() => code = Try(descriptor));
        return code;
    }

    // In this process, on this thread: nothing is executed in the VM's namespace.
    private static int Try(int descriptor)
    {
        try
        {
            var plan = SealedMemory.Read(descriptor, FileTrialJson.Default.FileTrialPlan);
            // Before the profile, in which this program may open nothing of its own any more.
            using var output = Console.OpenStandardOutput();
            var entry = new ContextEntry(plan.Context);
            entry.Prepare();
            entry.EnterNamespaces();
            entry.DropRights();
            if (plan.Profile.Length > 0 && !TryConfine(plan.Profile))
                return CannotConfine;
            var said = new StringBuilder();
            for (var index = 0; index < plan.Files.Count; index++)
            {
                var error = FileOpening.Try(plan.Files[index].Path, plan.Files[index].IsWritten);
                if (error != 0)
                    said.Append(CultureInfo.InvariantCulture, $"{index} {error}\n");
            }

            output.Write(Encoding.ASCII.GetBytes(said.ToString()));
            return 0;
        }
        catch (Exception exception) when (exception is LinuxException or ProcException or IOException)
        {
            return CannotEnter;
        }
    }

    /// <summary>Starts the child and reads what it says.</summary>
    /// <param name="source">Whose rights it gets.</param>
    /// <param name="context">Its context.</param>
    /// <param name="files">The files.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>For each file why it could not be opened, null when it could; and null for all when that could not be found out.</returns>
    internal static async Task<IReadOnlyList<string?>?> TryAsync(
        ProcessIdentity source, ProcessContext context, IReadOnlyList<NamedFile> files, CancellationToken cancellationToken)
    {
        if (files.Count == 0)
            return [];
        const int FirstNamespace = 4;
        try
        {
            using var namespaces = SourceNamespaces.Open(source, "mnt");
            using var plan = SealedMemory.Write(
                new FileTrialPlan(
                    LaunchContexts.OfFiles(context) with
                    {
                        Namespaces = [.. namespaces.Held.Select((each, index) => new LaunchNamespace(each.Kind, each.Type, FirstNamespace + index))],
                    },
                    context.IsSelinux ? "" : context.Label,
                    [.. files.Select(file => new TriedFile(file.Path, file.Use == FileUse.Written))]),
                FileTrialJson.Default.FileTrialPlan);
            using var pipe = new AnonymousPipeServerStream(PipeDirection.In);
            using var child = ProcessSpawner.Spawn(
                Launch.Host.Path,
                [.. Launch.Host.Arguments, Role, "3"],
                ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"],
                [
                    new InheritedDescriptor(pipe.ClientSafePipeHandle, 1),
                    new InheritedDescriptor(plan, 3),
                    .. namespaces.Held.Select((each, index) => new InheritedDescriptor(each.Handle, FirstNamespace + index)),
                ]);
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
                ProcessSpawner.End(child, TimeSpan.FromMilliseconds(100));
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

/// <summary>What the child is to try.</summary>
/// <param name="Context">The rights with which.</param>
/// <param name="Profile">The AppArmor profile to take; empty for none.</param>
/// <param name="Files">The files.</param>
internal sealed record FileTrialPlan(LaunchContext Context, string Profile, IReadOnlyList<TriedFile> Files);

/// <summary>A file to try.</summary>
/// <param name="Path">Its path.</param>
/// <param name="IsWritten">Whether it is opened for writing, too.</param>
internal sealed record TriedFile(string Path, bool IsWritten);

/// <summary>The plan's JSON, which both ends of one build read and write.</summary>
[JsonSerializable(typeof(FileTrialPlan))]
[JsonSourceGenerationOptions(
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
internal sealed partial class FileTrialJson : JsonSerializerContext;
