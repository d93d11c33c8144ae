using CliWrap;
using VirtHandover.Foreign;

namespace VirtHandover.Queue;

/// <summary>Runs somebody else's program: never longer than a limit, never with more of its words than a line.</summary>
internal static class BoundedCommand
{
    private const int MostCharacters = 200;

    /// <summary>Runs it.</summary>
    /// <param name="command">What to run.</param>
    /// <param name="limit">It is killed after this.</param>
    /// <param name="cancellationToken">Kills it sooner.</param>
    /// <returns>Its exit code, null when it did not end in time or could not be started; and the first line of what it said.</returns>
    public static async Task<(int? ExitCode, string Word)> RunAsync(Command command, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        stop.CancelAfter(limit);
        var output = new FirstLine();
        try
        {
            var ended = await command
                .WithValidation(CommandResultValidation.None)
                .WithStandardOutputPipe(output.Pipe)
                .WithStandardErrorPipe(output.Pipe)
                .ExecuteAsync(stop.Token).Task.WaitAsync(stop.Token).ConfigureAwait(false);
            return (ended.ExitCode, output.Text);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, $"it did not end within {limit.TotalSeconds:0.###} s");
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, e.Message.TrimEnd('.'));
        }
    }

    /// <summary>Keeps the beginning and lets the rest go by.</summary>
    private sealed class FirstLine
    {
        private readonly Lock _lock = new();
        private readonly List<byte> _kept = [];

        public PipeTarget Pipe => PipeTarget.Create(async (stream, cancellationToken) =>
        {
            var buffer = new byte[4096];
            while (await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is > 0 and var count)
            {
                lock (_lock)
                {
                    _kept.AddRange(buffer.AsSpan(0, Math.Min(count, (MostCharacters * 4) - _kept.Count)));
                }
            }
        });

        public string Text
        {
            get
            {
                lock (_lock)
                {
                    var line = System.Text.Encoding.UTF8.GetString([.. _kept]).Trim().Split('\n')[0].Trim();
                    return ForeignText.Escape(line.Length > MostCharacters ? line[..MostCharacters] + "…" : line);
                }
            }
        }
    }
}
