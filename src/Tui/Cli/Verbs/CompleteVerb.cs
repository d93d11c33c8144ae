using System.CommandLine;
using VirtHandover.Bus.Client;
using VirtHandover.Tui.Format;

namespace VirtHandover.Tui.Cli.Verbs;

/// <summary>
/// <c>virt-handover complete SHELL -- …</c>: for the scripts in <c>data/completions</c> only. It never fails and never takes long: an
/// answer that is not there is better than a shell that hangs.
/// </summary>
internal sealed class CompleteVerb : Verb
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Argument<string> shell = new("SHELL");
    private readonly Argument<string[]> words = new("WORDS") { Arity = ArgumentArity.ZeroOrMore };

    public CompleteVerb(CliContext context)
        : base(context, "complete", "What can be typed next, for shells.", "complete zsh -- approve ''")
    {
        Hidden = true;
        Arguments.Add(shell);
        Arguments.Add(words);
    }

    protected override async Task<int> RunAsync(ParseResult arguments, Output output, CancellationToken cancellationToken)
    {
        var given = arguments.GetValue(words) ?? [];
        var root = (Command)Parents.Single();
        if (arguments.GetValue(shell) == "bash")
        {
            var line = new BashLine(given.ElementAtOrDefault(0) ?? "", given.ElementAtOrDefault(1) ?? "");
            foreach (var (value, _) in await CandidatesAsync(root, [.. line.Words.Skip(1)], cancellationToken).ConfigureAwait(false))
            {
                Context.Out.WriteLine(line.Reply(value));
            }

            return ExitCode.Ok;
        }

        foreach (var (value, about) in await CandidatesAsync(root, given, cancellationToken).ConfigureAwait(false))
        {
            Context.Out.WriteLine(about.Length == 0 ? value : $"{value}\t{Printable.Of(about)}");
        }

        return ExitCode.Ok;
    }

    private async Task<IReadOnlyList<(string Value, string About)>> CandidatesAsync(
        Command root, IReadOnlyList<string> typed, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Patience, Context.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var context = Context.On(HostOf(typed), mayAsk: false);
        return await new Completion(root, async () =>
        {
            try
            {
                await using var service = await context.Connect(either.Token).ConfigureAwait(false);
                return (await service.ReadAsync(either.Token).ConfigureAwait(false)).Domains;
            }
            catch (Exception e) when (e is ServiceException or OperationCanceledException)
            {
                return [];
            }
        }).OfAsync(typed).ConfigureAwait(false);
    }

    /// <summary>The machine whose domains are meant.</summary>
    private static RemoteHost? HostOf(IReadOnlyList<string> typed)
    {
        for (var i = 0; i < typed.Count - 1; i++)
        {
            var text = typed[i] is "--host" or "-H" ? typed[i + 1] : typed[i].StartsWith("--host=", StringComparison.Ordinal) ? typed[i]["--host=".Length..] : "";
            if (text.Length > 0 && RemoteHost.TryParse(text, out var host, out _))
            {
                return host;
            }
        }

        return null;
    }
}
