using VirtHandover.Bus.Client;
using VirtHandover.Tui.Format;
using VirtHandover.Tui.Model;

namespace VirtHandover.Tui.Cli;

/// <summary>Shows on the terminal how far handovers are.</summary>
internal sealed class ProgressLine(CliContext context, Output output)
{
    private const int BarWidth = 20;

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(500);

    private readonly LiveLine line = new(context, output);

    /// <summary>Does the work and shows the domain's phase and progress meanwhile.</summary>
    public async Task<T> WhileAsync<T>(IHandoverService service, DomainView domain, Func<Task<T>> work, CancellationToken cancellationToken)
    {
        if (!line.IsPossible)
        {
            return await work().ConfigureAwait(false);
        }

        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var showing = ShowAsync(service, domain.Uuid, end.Token);
        try
        {
            return await work().ConfigureAwait(false);
        }
        finally
        {
            await end.CancelAsync().ConfigureAwait(false);
            await showing.ConfigureAwait(false);
        }
    }

    /// <summary>What the line says about one that was asked for.</summary>
    public static string Text(DomainView domain, TimeSpan elapsed, GlyphSet glyphs) => $"{Text(domain, glyphs)}  {Quantity.Span(elapsed)}";

    /// <summary>Name, phase, and the share of memory that is copied.</summary>
    public static string Text(DomainView domain, GlyphSet glyphs)
    {
        var bar = "";
        if (domain.Progress >= 0 && double.IsFinite(domain.Progress))
        {
            var share = Math.Clamp(domain.Progress, 0, 1);
            var full = (int)(share * BarWidth);
            bar = $"  [{new string('#', full)}{new string('.', BarWidth - full)}] {share * 100:0}% copied";
        }

        var phase = domain switch
        {
            { Phase.Length: > 0 } => domain.Phase,
            { WaitReason.Length: > 0 } => $"waiting: {domain.WaitReason}",
            _ => "waiting",
        };
        return $"{glyphs.Safe(domain.Name)}  {glyphs.Running} {glyphs.Safe(phase)}{bar}";
    }

    /// <summary>Never throws: what is wrong with the service the work itself meets, too.</summary>
    private async Task ShowAsync(IHandoverService service, Guid uuid, CancellationToken cancellationToken)
    {
        var start = context.Now;
        DomainView? last = null;
        try
        {
            var views = service.WatchAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
            await using (views.ConfigureAwait(false))
            {
                var next = views.MoveNextAsync().AsTask();
                while (true)
                {
                    // The clock goes on where nothing else changes.
                    await Task.WhenAny(next, Task.Delay(Step, context.Time, cancellationToken)).ConfigureAwait(false);
                    if (next.IsCompleted)
                    {
                        if (!await next.ConfigureAwait(false))
                        {
                            return;
                        }

                        last = views.Current.Domains.FirstOrDefault(domain => domain.Uuid == uuid);
                        next = views.MoveNextAsync().AsTask();
                    }

                    cancellationToken.ThrowIfCancellationRequested();
                    line.Show(last is null ? "" : Text(last, context.Now - start, output.Glyphs));
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ServiceException or NotSupportedException)
        {
        }
        finally
        {
            line.Show("");
        }
    }
}
