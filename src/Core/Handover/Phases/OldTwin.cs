using System.Runtime.InteropServices;
using VirtHandover.Handover.Preflight;
using VirtHandover.Linux;
using VirtHandover.Qemu;

namespace VirtHandover.Handover.Phases;

/// <summary>
/// The running QEMU's program, started a second time without the guest, asked for what a running VM cannot be asked safely, and killed: sizes of ROMs and
/// virtqueues, and every property of its devices. It has the same command line but for memory of its own (never touched), no network, no VNC listener,
/// chardev sockets that nobody knows, and it never runs.
/// </summary>
internal static class OldTwin
{
    // It starts as the target does; what it tells is worth no more waiting.
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    /// <summary>Where its program lies meanwhile.</summary>
    internal static string TreeOf(long id) => Path.Combine(
        Environment.GetEnvironmentVariable("CACHE_DIRECTORY")?.Split(':')[0] is { Length: > 0 } cache ? cache : "/var/cache/virt-handover",
        FormattableString.Invariant($"twin-{id}"));

    /// <summary>Starts it, asks and kills it.</summary>
    /// <param name="begun">The source.</param>
    /// <param name="monitors">Where its monitor is.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>What it is made of; or null and why it could not be asked, which leaves the running VM and the handover as they are.</returns>
    internal static async Task<(TwinSnapshot? Twin, string Why)> AskAsync(Begun begun, MonitorPlace monitors, CancellationToken cancellationToken)
    {
        // Beside the target, for which the preflight has found room.
        if (HostMemory.AvailableBytes < 2 * RamRules.LeastTwin || begun.Context.Cgroups.MemoryLeft < 2 * RamRules.LeastTwin)
            return (null, "There is too little memory left for it.");
        if (Tied(begun.CommandLine) is { } other)
            return (null, $"It would disturb {other}, which serves one QEMU.");
        var tree = TreeOf(begun.Request.Id);
        Target? target = null;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_limit);
        try
        {
            Remove(tree);
            var program = SavedQemu.Save(begun.Source.Identity, SavedQemu.PathOf(begun.Source.Id), tree);
            var start = TargetCommandLine.Build(
                begun.CommandLine,
                new TargetPlan { Program = program, Memory = begun.Live.Devices.Memory, Fdsets = begun.Live.Fdsets, IsOldTwin = true });
            target = await SpawnAsync(begun, start, monitors, limit.Token).ConfigureAwait(false);
            await target.ConnectAsync(s_limit, limit.Token).ConfigureAwait(false);
            await TwinProcess.PlugCpusAsync(begun, target, limit.Token).ConfigureAwait(false);
            return (await TwinSnapshot.ReadAsync(target.Qmp, start.Line, limit.Token).ConfigureAwait(false), "");
        }
        catch (Exception exception) when (HandoverRun.IsFailure(exception))
        {
            return (null, exception.Message);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, FormattableString.Invariant($"It did not answer within {s_limit.TotalSeconds:0} s."));
        }
        finally
        {
            target?.Kill();
            target?.Dispose();
            Remove(tree);
        }
    }

    /// <summary>Removes a tree; one that stays is in nobody's way.</summary>
    internal static void Remove(string tree)
    {
        try
        {
            // Its links are removed, not followed.
            if (Directory.Exists(tree))
                Directory.Delete(tree, recursive: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The next one of this number tries again.
        }
    }

    // The preflight refuses most of these; whatever it lets pass one day, a second QEMU must not come to it.
    private static string? Tied(CommandLine line) =>
        line.All("tpmdev").Any() ? "the TPM"
        : line.All("chardev").FirstOrDefault(option => option.Kind == "socket" && option.Value.Text("fd") is null && option != line.MonitorChardev) is { } chardev
            ? $"who is behind '{chardev.Id}'"
            : null;

    private static async Task<Target> SpawnAsync(Begun begun, TargetStart start, MonitorPlace monitors, CancellationToken cancellationToken)
    {
        List<SafeHandle> memories = [];
        try
        {
            return await new TwinSpawn
            {
                Which = "old",
                Start = start,
                Monitors = monitors,
                Memory = memory =>
                {
                    memories.Add(SharedMemory.Create("virt-handover-twin", begun.Live.Devices.Memory.First(each => each.Id == memory.Backend).Size));
                    return memories[^1];
                },
                Chardev = _ => UnseenSocket.Listen(monitors.Private, "chardev"),
            }.RunAsync(begun, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            memories.ForEach(memory => memory.Dispose());
        }
    }
}
