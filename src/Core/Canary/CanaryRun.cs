using VirtHandover.Contract;
using VirtHandover.Detection;
using VirtHandover.Handover;
using VirtHandover.Libvirt;
using VirtHandover.Libvirt.Xml;
using VirtHandover.Linux;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Canary;

/// <summary>Sends canaries: started on the old QEMU, handed over to the new one in a keeper of its own, adopted by the real libvirt, ended.</summary>
/// <param name="runner">Hands it over.</param>
/// <param name="memory">Where it is remembered which canaries came through: a file.</param>
/// <param name="cache">A directory that the QEMU user may enter.</param>
public sealed class CanaryRun(IHandoverRunner runner, string memory, string cache) : ICanary
{
    /// <summary>The number of its handover; the queue's numbers begin with 1.</summary>
    private const long HandoverId = 0;

    /// <summary>The canary's pause bothers nobody; what is tried is whether it comes through.</summary>
    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(5);

    /// <summary>How long it must live on the new QEMU.</summary>
    private static readonly TimeSpan Watch = TimeSpan.FromSeconds(1);

    /// <summary>How long libvirt may take to start it. Long: an emulator that it does not know is asked for its abilities first, twice.</summary>
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(10);

    private readonly LibvirtPaths _paths = new();
    private readonly CanaryMemory _memory = new(memory);

    // What its domain names as the emulator: a link, first to the old QEMU and then to the new one, as an upgrade replaces a file.
    private readonly string _emulator = Path.Combine(cache, "canary", "qemu");
    private readonly string _tree = Path.Combine(cache, "canary", "old");
    // Whether libvirt was asked to start one.
    private bool _mayRun;
    private readonly KeptModules _modules = new(Path.Combine(cache, "modules"));

    /// <inheritdoc/>
    public async Task<CanaryVerdict> SendAsync(HandoverRequest request, IProgress<string> alarm, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request is not { From.BuildId.Length: > 0, To.BuildId.Length: > 0 })
            return new CanaryVerdict.NotSent("The builds of the old and the new QEMU are not known.");
        if (await LibvirtBuild.ReadAsync(_paths).ConfigureAwait(false) is not { } libvirt)
            return new CanaryVerdict.NotSent("The build of libvirt is not known.");
        var pass = new CanaryPass(libvirt, request.From.BuildId, request.To.BuildId);
        if (_memory.Has(pass))
            return new CanaryVerdict.Passed("");
        _mayRun = false;
        var verdict = await TrySendAsync(request, pass, alarm, cancellationToken).ConfigureAwait(false);
        // One that was given up must not run, nor be about to run, when the first real VM is touched. Behind one that was put off none follows.
        return await TryClearAsync(CancellationToken.None).ConfigureAwait(false) is { } why && _mayRun && verdict is not (CanaryVerdict.Died or CanaryVerdict.Postponed)
            ? Died($"It could not be ended: {why} See to it that 'virsh destroy virt-handover-canary' works, then 'virt-handover queue resume'.")
            : verdict;
    }

    /// <inheritdoc/>
    public void Keep(IReadOnlyCollection<QemuBuild> installed, IReadOnlyCollection<QemuBuild> running)
    {
        try
        {
            _modules.Keep(installed, running);
        }
        catch (Exception exception) when (IsExpected(exception))
        {
            // The canary that needs them says that its old QEMU could not be started.
        }
    }

    /// <inheritdoc/>
    public async Task ClearAsync(CancellationToken cancellationToken) => _ = await TryClearAsync(cancellationToken).ConfigureAwait(false);

    private async Task<CanaryVerdict> TrySendAsync(HandoverRequest request, CanaryPass pass, IProgress<string> alarm, CancellationToken cancellationToken)
    {
        try
        {
            var notes = await StartAsync(request, cancellationToken).ConfigureAwait(false);
            var verdict = await HandOverAsync(request, alarm, cancellationToken).ConfigureAwait(false);
            if (verdict is not CanaryVerdict.Passed passed)
                return verdict;
            _ = _memory.TryAdd(pass);
            return passed with { Sentence = passed.Sentence + notes };
        }
        catch (CanaryStartException exception)
        {
            return Died(exception.Message);
        }
        catch (LibvirtException exception) when (exception.IsAway)
        {
            return new CanaryVerdict.Postponed(exception.Message);
        }
        catch (Exception exception) when (IsExpected(exception))
        {
            return new CanaryVerdict.NotSent(exception.Message);
        }
        catch (OperationCanceledException)
        {
            return new CanaryVerdict.NotSent("It was cancelled.");
        }
    }

    /// <returns>Null when none runs any more; otherwise why nobody can be sure of that.</returns>
    private async Task<string?> TryClearAsync(CancellationToken cancellationToken)
    {
        string? why = null;
        try
        {
            await using var libvirt = await LibvirtConnection.OpenAsync(LibvirtConnection.SystemUri, limit: null, cancellationToken).ConfigureAwait(false);
            _ = await libvirt.DestroyAsync(CanaryDomain.Uuid, cancellationToken).ConfigureAwait(false);
        }
        catch (LibvirtException exception)
        {
            why = exception.Message;
        }

        DeleteTree();
        return why;
    }

    private static bool IsExpected(Exception exception) =>
        exception is LibvirtException or StatusFileException or ProcException or LinuxException or IOException or UnauthorizedAccessException;

    /// <summary>Starts it on the old QEMU; where that cannot be started any more, on the new one: then all is tried but the change of versions.</summary>
    /// <returns>What could not be tried, to go behind a sentence.</returns>
    private async Task<string> StartAsync(HandoverRequest request, CancellationToken cancellationToken)
    {
        await using var libvirt = await LibvirtConnection.OpenAsync(LibvirtConnection.SystemUri, limit: null, cancellationToken).ConfigureAwait(false);
        _ = await libvirt.DestroyAsync(CanaryDomain.Uuid, cancellationToken).ConfigureAwait(false);
        DeleteTree();
        var model = DomainXml.Parse(await libvirt.GetXmlAsync(request.Domain, cancellationToken).ConfigureAwait(false));
        var why = "";
        if (request.From!.BuildId != request.To!.BuildId)
        {
            try
            {
                var process = ProcessIdentity.Read(ProcRoot.Host, StatusFile.Read(_paths.StatusFile(model.Name)).ProcessId);
                Link(SavedQemu.Save(process, request.From.Path, _tree, _modules.Of(request.From)));
                await StartAsync(libvirt, model).ConfigureAwait(false);
                return "";
            }
            catch (Exception exception) when (IsExpected(exception))
            {
                why = $" It went from the new QEMU to itself, because the old one could not be started once more: {exception.Message}";
            }
        }

        cancellationToken.ThrowIfCancellationRequested();
        Link(request.To.Path);
        await StartAsync(libvirt, model).ConfigureAwait(false);
        return why;
    }

    private async Task StartAsync(LibvirtConnection libvirt, DomainXml model)
    {
        _mayRun = true;
        try
        {
            await CanaryDomain.StartAsync(libvirt, model, _emulator, StartLimit).ConfigureAwait(false);
        }
        catch (LibvirtException exception) when (exception.Code == LibvirtException.NoAnswer)
        {
            // Its start goes on inside libvirt, and nobody can tell when it comes.
            throw new CanaryStartException(exception.Message, exception);
        }
    }

    private async Task<CanaryVerdict> HandOverAsync(HandoverRequest request, IProgress<string> alarm, CancellationToken cancellationToken)
    {
        Link(request.To!.Path);
        HandoverReport? report = null;
        var asked = new HandoverRequest(HandoverId, CanaryDomain.Uuid, Rehearse: false, request.CopyLimit)
        {
            From = request.From,
            To = request.To,
            MaxPause = MaxPause,
            MaxOutage = request.MaxOutage,
        };
        await foreach (var (_, progress) in runner.RunAsync([new HandoverOrder(asked, cancellationToken)]).ConfigureAwait(false))
        {
            if (progress is HandoverProgress.Alarm raised)
                alarm.Report(raised.Sentence);
            else if (progress is HandoverProgress.Ended ended)
                report = ended.Report;
        }

        return report switch
        {
            null => Died("Nobody knows how its handover ended."),
            { Outcome: HandoverOutcome.Done } => await WatchAsync(request.To.BuildId, report).ConfigureAwait(false),
            { Outcome: HandoverOutcome.Postponed } => new CanaryVerdict.Postponed(report.Sentence),
            { Outcome: HandoverOutcome.Refused or HandoverOutcome.Cancelled or HandoverOutcome.Gone } => new CanaryVerdict.NotSent(report.Sentence),
            _ => Died(report.Sentence),
        };
    }

    private async Task<CanaryVerdict> WatchAsync(string build, HandoverReport report)
    {
        var pid = CanaryDomain.ReadStatus(_paths).ProcessId;
        using var process = ProcessHandle.Open(pid);
        if (new FileBuilds().Of(ProcRoot.Host.File(pid, "exe")) != build)
            return Died("Its handover was reported as done, but it does not run on the new QEMU.");
        if (await process.WaitForExitAsync(Watch, CancellationToken.None).ConfigureAwait(false))
            return Died("Its new QEMU ended by itself right after the handover; the end of /var/log/libvirt/qemu/virt-handover-canary.log may tell why.");
        return new CanaryVerdict.Passed(FormattableString.Invariant(
            $"A canary came through, with a pause of {report.PauseMicroseconds / 1000.0:0.0} ms; libvirt was away for {report.OutageMicroseconds / 1000.0:0} ms."));
    }

    private static CanaryVerdict.Died Died(string why) => new(
        $"The canary, a throw-away VM that goes first because QEMU or libvirt has changed, did not come through; no real VM was touched. {why}");

    private void Link(string program)
    {
        SavedQemu.MakeDirectory(Path.GetDirectoryName(_emulator)!);
        var link = _emulator + ".new";
        File.Delete(link);
        _ = File.CreateSymbolicLink(link, program);
        DurableFile.Replace(link, _emulator);
    }

    private void DeleteTree()
    {
        try
        {
            // Its links are removed, not followed.
            if (Directory.Exists(_tree))
                Directory.Delete(_tree, recursive: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The next one's copy fails where this still lies, and says so.
        }
    }
}
