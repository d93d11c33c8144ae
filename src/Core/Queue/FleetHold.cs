using Microsoft.Extensions.Logging;
using VirtHandover.Linux;

namespace VirtHandover.Queue;

/// <summary>
/// Asks something outside whether handovers may start now: a file that is put on many hosts, or a command such as a query for
/// alerts. Whatever does not clearly say yes says no.
/// </summary>
/// <param name="options">The configuration.</param>
/// <param name="queue">Who has to wait.</param>
/// <param name="time">The clock.</param>
/// <param name="log">The service's log.</param>
public sealed class FleetHold(QueueOptions options, UpgradeQueue queue, TimeProvider time, ILogger log) : IDisposable
{
    private readonly SemaphoreSlim _asking = new(1);
    private string _last = "";

    /// <summary>True when the configuration names a file or a command.</summary>
    public bool IsConfigured => options.HoldFile.Length > 0 || options.HoldCommand.Length > 0;

    /// <summary>Asks again and again until it is told to stop, so that the queue shows what holds it.</summary>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await CheckAsync(cancellationToken).ConfigureAwait(false);
            await Task.Delay(options.HoldInterval, time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Asks now, and tells the queue the answer.</summary>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        if (!IsConfigured)
        {
            return;
        }

        await _asking.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var sentence = File() ?? await CommandAsync(cancellationToken).ConfigureAwait(false) ?? "";
            if (sentence.Length > 0 != _last.Length > 0)
            {
                log.LogInformation("{Sentence}", sentence.Length > 0 ? sentence : "The fleet is not held any more; handovers may start.");
            }

            _last = sentence;
            queue.SetHold(sentence);
        }
        finally
        {
            _asking.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _asking.Dispose();

    private string? File()
    {
        if (options.HoldFile.Length == 0 || !Path.Exists(options.HoldFile))
        {
            return null;
        }

        return $"The fleet is held: {Printable.Escape(options.HoldFile)} exists (HoldFile=); handovers go on when it is removed.";
    }

    private async Task<string?> CommandAsync(CancellationToken cancellationToken)
    {
        if (options.HoldCommand.Length == 0)
        {
            return null;
        }

        var command = ProgramPath.Command("/bin/sh").WithArguments(["-c", options.HoldCommand]).WithWorkingDirectory("/");
        var (code, word) = await BoundedCommand.RunAsync(command, options.HoldTimeout, cancellationToken).ConfigureAwait(false);
        var said = word.Length > 0 ? $": {word}" : "";
        return code switch
        {
            0 => null,
            { } other => FormattableString.Invariant($"The fleet is held: HoldCommand= ended with exit code {other}{said}. Handovers go on when it succeeds."),
            _ => $"The fleet is held: HoldCommand= gave no answer{said}. Handovers go on when it succeeds.",
        };
    }
}
