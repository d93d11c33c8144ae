using System.Globalization;
using VirtHandover.Linux;
using VirtHandover.Qemu;

namespace VirtHandover.Handover.Phases;

/// <summary>The new QEMU, started as a twin of the source, with the monitor that is still its own.</summary>
internal sealed class Target : IDisposable
{
    private readonly string _domain;
    private readonly string _which;
    private readonly string _monitor;

    /// <param name="process">The process.</param>
    /// <param name="monitors">Where its monitor is; the caller disposes it.</param>
    /// <param name="domain">The VM's name.</param>
    /// <param name="lastWords">Where its words go; null when they go nowhere.</param>
    /// <param name="which">Which QEMU it is, for the sentences.</param>
    internal Target(ProcessHandle process, MonitorPlace monitors, string domain, LastWords? lastWords, string which = "new")
    {
        LastWords = lastWords;
        Process = process;
        Monitors = monitors;
        _domain = domain;
        _which = which;
        _monitor = which == "old" ? MonitorPlace.Old : MonitorPlace.New;
    }

    internal ProcessHandle Process { get; }

    /// <summary>Where its monitor is, until the switch puts it in the place of the source's.</summary>
    internal MonitorPlace Monitors { get; }

    /// <summary>What it said.</summary>
    internal LastWords? LastWords { get; }

    internal QmpClient Qmp { get; private set; } = null!;

    /// <summary>Connects to its monitor; a target that ends instead is an error with its exit code.</summary>
    internal async Task ConnectAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var exit = Process.WaitForExitAsync(limit, ended.Token);
        var connect = Monitors.ConnectStartedAsync(_monitor, Process, $"the {_which} QEMU of VM {_domain}", limit, ended.Token);
        if (await Task.WhenAny(exit, connect).ConfigureAwait(false) == exit && !connect.IsCompletedSuccessfully && Process.HasExited)
        {
            var code = ProcessSpawner.Reap(Process);
            await ended.CancelAsync().ConfigureAwait(false);
            _ = connect.ContinueWith(late => late.Result.Dispose(), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
            throw new HandoverException(
                $"The {_which} QEMU ended while it was being started (exit code {code?.ToString(CultureInfo.InvariantCulture) ?? "unknown"}); {(LastWords is null ? "what it said is not known." : await LastWords.QuoteAsync().ConfigureAwait(false))}");
        }

        try
        {
            Qmp = await connect.ConfigureAwait(false);
        }
        catch (QmpProtocolException exception)
        {
            throw new HandoverException($"The {_which} QEMU does not answer on its monitor: {exception.Message}", exception);
        }

        await ended.CancelAsync().ConfigureAwait(false);
        _ = exit.ContinueWith(late => late.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
    }

    /// <summary>Undo: the target ends at once and its socket goes. SIGKILL, because a QEMU that quits in order unlinks the source's sockets.</summary>
    internal void Kill()
    {
        Qmp?.Dispose();
        ProcessSpawner.End(Process, TimeSpan.FromSeconds(10));
        Monitors.End(_monitor);
    }

    /// <summary>Lets go of the handles; the process goes on.</summary>
    public void Dispose()
    {
        Qmp?.Dispose();
        Process.Dispose();
    }
}
