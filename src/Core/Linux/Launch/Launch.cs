using System.Globalization;
using System.IO.Pipes;
using System.Runtime.InteropServices;
using System.Text;

namespace VirtHandover.Linux.Launch;

/// <summary>A program to be started by a launcher of ours.</summary>
internal sealed record Launch
{
    /// <summary>Longer than any context takes to enter, on a host under full load.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    private const int LongestReport = 8192;

    /// <summary>What the launcher itself has; the program gets <see cref="Environment"/> instead.</summary>
    private static readonly string[] s_own = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"];

    /// <summary>Which it is, for sentences: <c>The new QEMU</c>.</summary>
    internal required string Subject { get; init; }

    /// <summary>The context; its namespaces are <see cref="Namespaces"/>.</summary>
    internal required LaunchContext Context { get; init; }

    /// <summary>The namespaces to enter; null for none.</summary>
    internal SourceNamespaces? Namespaces { get; init; }

    /// <summary>The program's path there; empty when <see cref="Held"/> is the program.</summary>
    internal required string Program { get; init; }

    /// <summary>The program, open; null when <see cref="Program"/> names it.</summary>
    internal SafeHandle? Held { get; init; }

    /// <summary>Its arguments, its name first.</summary>
    internal required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>Its environment.</summary>
    internal required IReadOnlyList<string> Environment { get; init; }

    /// <summary>Its descriptors; 0, 1 and 2 that are not named are /dev/null.</summary>
    internal required IReadOnlyList<InheritedDescriptor> Descriptors { get; init; }

    /// <summary>Follows the program until it has bound what it is expected to bind; null to leave it alone.</summary>
    internal BindTrace? Binds { get; init; }

    /// <summary>The service's program, which has the roles of launcher, keeper and trier of files, and the arguments before the role's; in tests another one.</summary>
    internal static (string Path, IReadOnlyList<string> Arguments) Host { get; set; } =
        // Not by its path: an upgrade may have put another build there, and the two would talk with each other.
        ("/proc/self/exe", [System.Environment.ProcessPath ?? "virt-handoverd"]);

    /// <summary>Starts it and waits until the launcher has become it.</summary>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The process; the caller reaps it.</returns>
    /// <exception cref="LinuxException">It could not be started; the sentence says at which step.</exception>
    internal async Task<ProcessHandle> StartAsync(CancellationToken cancellationToken)
    {
        using var pipe = new AnonymousPipeServerStream(PipeDirection.In);
        using var gate = Binds is null ? null : new AnonymousPipeServerStream(PipeDirection.Out);
        var process = Spawn(pipe.ClientSafePipeHandle, gate?.ClientSafePipeHandle);
        try
        {
            pipe.DisposeLocalCopyOfClientHandle();
            gate?.DisposeLocalCopyOfClientHandle();
            var said = await TakeHoldAsync(process, pipe, gate, cancellationToken).WaitAsync(s_limit, cancellationToken).ConfigureAwait(false);
            said += await ReadAsync(pipe, isLine: false, cancellationToken).WaitAsync(s_limit, cancellationToken).ConfigureAwait(false);
            if (said == Launcher.Ready)
                return process;
            var why = said.TrimStart(Launcher.Ready[0]);
            throw new LinuxException(0, $"{Subject} could not be started: {(why.Length > 0 ? why : Ended(process))}");
        }
        catch (Exception exception)
        {
            ProcessSpawner.End(process, TimeSpan.FromSeconds(2));
            process.Dispose();
            if (exception is TimeoutException or IOException)
                throw new LinuxException(0, $"{Subject} could not be started within {s_limit.TotalSeconds:0} s.");
            throw;
        }
    }

    // Before the launcher becomes the program, so that no call of the program is missed.
    private async Task<string> TakeHoldAsync(ProcessHandle process, Stream pipe, Stream? gate, CancellationToken cancellationToken)
    {
        if (Binds is null || gate is null)
            return "";
        var line = await ReadAsync(pipe, isLine: true, cancellationToken).ConfigureAwait(false);
        if (!line.StartsWith(Launcher.Ready, StringComparison.Ordinal)
            || !int.TryParse(line[Launcher.Ready.Length..], NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var thread))
        {
            return line;
        }

        await Binds.BeginAsync(process, thread).ConfigureAwait(false);
        await gate.WriteAsync(new byte[1], cancellationToken).ConfigureAwait(false);
        return Launcher.Ready;
    }

    private static string Ended(ProcessHandle process)
    {
        _ = process.WaitForExit(TimeSpan.FromSeconds(1));
        return $"its launcher ended without a word (exit code {ProcessSpawner.Reap(process)?.ToString(CultureInfo.InvariantCulture) ?? "unknown"}).";
    }

    private static async Task<string> ReadAsync(Stream pipe, bool isLine, CancellationToken cancellationToken)
    {
        var buffer = new byte[LongestReport];
        var length = 0;
        int read;
        while (length < buffer.Length && !(isLine && length > 0 && buffer[length - 1] == '\n')
            && (read = await pipe.ReadAsync(buffer.AsMemory(length), cancellationToken).ConfigureAwait(false)) > 0)
        {
            length += read;
        }

        return Encoding.UTF8.GetString(buffer, 0, length);
    }

    private ProcessHandle Spawn(SafeHandle report, SafeHandle? gate)
    {
        List<InheritedDescriptor> all = [.. Descriptors];
        var next = Math.Max(2, Descriptors.Select(each => each.Number).DefaultIfEmpty(2).Max()) + 1;
        int Add(SafeHandle handle)
        {
            all.Add(new InheritedDescriptor(handle, next));
            return next++;
        }

        // A script is read by its interpreter, so it stays open.
        int? held = Held is null ? null : Add(Held);
        int[] kept = held is { } number ? [number] : [];
        var plan = new LaunchPlan
        {
            Context = Context with { Namespaces = [.. (Namespaces?.Held ?? []).Select(each => new LaunchNamespace(each.Kind, each.Type, Add(each.Handle)))] },
            Program = Held is null ? Program : null,
            ProgramDescriptor = held,
            Arguments = Arguments,
            Environment = Environment,
            Kept = [0, 1, 2, .. kept, .. Descriptors.Select(each => each.Number)],
            Report = Add(report),
            Gate = gate is null ? null : Add(gate),
        };
        using var memory = SealedMemory.Write(plan, LaunchJson.Default.LaunchPlan);
        var where = Add(memory).ToString(CultureInfo.InvariantCulture);
        return ProcessSpawner.Spawn(Host.Path, [.. Host.Arguments, Launcher.Role, where], s_own, all);
    }
}
