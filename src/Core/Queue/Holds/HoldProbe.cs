using VirtHandover.Foreign;
using VirtHandover.Linux;

namespace VirtHandover.Queue;

/// <summary>
/// Looks for the file that is put on many hosts, and runs the command, such as a query for alerts. Whatever does not clearly say yes says no.
/// </summary>
/// <param name="options">The configuration.</param>
public sealed class HoldProbe(QueueOptions options) : IHoldProbe
{
    /// <inheritdoc/>
    public async Task<string> AskAsync(CancellationToken cancellationToken) => File() ?? await CommandAsync(cancellationToken).ConfigureAwait(false) ?? "";

    private string? File()
    {
        if (options.HoldFile.Length == 0 || !Path.Exists(options.HoldFile))
        {
            return null;
        }

        return $"The fleet is held: {ForeignText.Escape(options.HoldFile)} exists (HoldFile=); handovers go on when it is removed.";
    }

    private async Task<string?> CommandAsync(CancellationToken cancellationToken)
    {
        if (options.HoldCommand.Length == 0)
        {
            return null;
        }

        var command = new BoundedProgram("/bin/sh", ["-c", options.HoldCommand], options.HoldTimeout);
        var (code, word) = await BoundedCommand.RunAsync(command, cancellationToken).ConfigureAwait(false);
        var said = word.Length > 0 ? $": {word}" : "";
        return code switch
        {
            0 => null,
            { } other => FormattableString.Invariant($"The fleet is held: HoldCommand= ended with exit code {other}{said}. Handovers go on when it succeeds."),
            _ => $"The fleet is held: HoldCommand= gave no answer{said}. Handovers go on when it succeeds.",
        };
    }
}
