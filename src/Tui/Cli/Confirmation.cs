namespace VirtHandover.Tui.Cli;

/// <summary>Asks on the terminal before something that reaches far.</summary>
internal static class Confirmation
{
    /// <summary>True only for a clear yes; no answer is a no.</summary>
    public static async Task<bool> AskAsync(CliContext context, string question, CancellationToken cancellationToken)
    {
        await context.Error.WriteAsync($"{context.Traits.Glyphs.Safe(question)} [y/N] ").ConfigureAwait(false);
        await context.Error.FlushAsync(cancellationToken).ConfigureAwait(false);
        // The console's reader cannot be cancelled; Ctrl-C at the question has to work all the same.
        var answer = await Task.Run(context.In.ReadLine, CancellationToken.None).WaitAsync(cancellationToken).ConfigureAwait(false);
        return answer?.Trim().ToUpperInvariant() is "Y" or "YES";
    }
}
