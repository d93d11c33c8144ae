using System.CommandLine;
using System.CommandLine.Completions;
using VirtHandover.Bus.Client;
using VirtHandover.Tui.Cli.Verbs;
using VirtHandover.Tui.Format;
using VirtHandover.Tui.Model;
using VirtHandover.Tui.Time;

namespace VirtHandover.Tui.Cli;

/// <summary>What can be typed next, from the same commands that parse the line; the scripts in <c>data/completions</c> ask it.</summary>
/// <param name="root">The whole command line.</param>
/// <param name="domains">The running domains; asked only where one can stand.</param>
internal sealed class Completion(Command root, Func<Task<IReadOnlyList<DomainView>>> domains)
{
    private const string Sentence = ".";

    /// <summary>The candidates for the last word, each with a few words about it.</summary>
    /// <param name="words">The words behind the program's name; the last one is being typed and may be empty.</param>
    public async Task<IReadOnlyList<(string Value, string About)>> OfAsync(IReadOnlyList<string> words)
    {
        var last = words.Count == 0 ? "" : words[^1];
        var place = Walk([.. words.SkipLast(1)]);
        var all = place switch
        {
            { Pending: { } option } => Values(option),
            { OptionsEnded: false } when last.StartsWith('-') => Options(place),
            { Command.Subcommands.Count: > 0, Arguments.Count: 0 } => [.. place.Command.Subcommands.Where(verb => !verb.Hidden).Select(verb => (verb.Name, Short(verb.Description)))],
            _ => await DomainsAsync(place).ConfigureAwait(false),
        };
        return [.. all.Where(candidate => candidate.Item1.StartsWith(last, StringComparison.Ordinal))];
    }

    private Place Walk(IReadOnlyList<string> words)
    {
        var place = new Place(root);
        foreach (var word in words)
        {
            if (place.Pending is not null)
            {
                place.Pending = null;
            }
            else if (!place.OptionsEnded && word == "--")
            {
                place.OptionsEnded = true;
            }
            else if (!place.OptionsEnded && word.StartsWith('-'))
            {
                var name = word.Split('=')[0];
                var option = All(place.Command).FirstOrDefault(option => option.Name == name || option.Aliases.Contains(name));
                place.Given.Add(option?.Name ?? name);
                place.Pending = option is not null && TakesValue(option) && !word.Contains('=', StringComparison.Ordinal) ? option : null;
            }
            else if (place.Arguments.Count == 0 && place.Command.Subcommands.FirstOrDefault(verb => verb.Name == word) is { } verb)
            {
                place.Command = verb;
            }
            else
            {
                place.Arguments.Add(word);
            }
        }

        return place;
    }

    private IEnumerable<Option> All(Command command) => command.Options.Concat(root.Options.Where(option => option.Recursive)).Distinct();

    private static bool TakesValue(Option option) => option.ValueType != typeof(bool) && option.Arity.MaximumNumberOfValues > 0;

    private List<(string, string)> Options(Place place) =>
        [.. All(place.Command).Where(option => !option.Hidden && !place.Given.Contains(option.Name)).Select(option => (option.Name, Short(option.Description)))];

    private static List<(string, string)> Values(Option option) => option.Name switch
    {
        "--until" => [.. UntilParser.Presets.Select(preset => (preset, ""))],
        "--since" => [("today", ""), ("yesterday", ""), ("-7d", "")],
        "--filter" => [.. StateLook.Words.Select(state => ($"state:{state}", "")), ("method:shared", ""), ("method:copy", "")],
        "--timeout" => [("1m", ""), ("10m", "")],
        "--max-pause" => [("30ms", ""), ("100ms", ""), ("500ms", "")],
        _ when option.CompletionSources.Count > 0 =>
            [.. option.CompletionSources.SelectMany(source => source(CompletionContext.Empty)).Select(item => (item.Label, ""))],
        _ => [],
    };

    /// <summary>Those that the verb can be about; a name that cannot be typed stands as its UUID.</summary>
    private async Task<List<(string, string)>> DomainsAsync(Place place)
    {
        if (place.Command.Arguments.FirstOrDefault() is not { Name: CommonOptions.DomainName } argument
            || place.Arguments.Count >= argument.Arity.MaximumNumberOfValues)
        {
            return [];
        }

        var states = place.Command switch
        {
            ApproveVerb => ["pending", "deferred"],
            UndeferVerb => ["deferred"],
            CancelVerb => ["approved", "deferred", "running"],
            RetryVerb => ["failed", "blocked"],
            _ => StateLook.Words,
        };
        var fitting = (await domains().ConfigureAwait(false)).Where(domain => states.Contains(domain.State) && !place.Arguments.Contains(Word(domain)));
        // The mode may stand behind the domains.
        var modes = place is { Command: Verb { FullName: "policy set" }, Arguments.Count: > 0 } && !place.Arguments.Any(PolicyVerb.Modes.Contains) ? PolicyVerb.Modes : [];
        return [.. modes.Select(mode => (mode, "mode")), .. fitting.Select(domain => (Word(domain), $"{domain.State}, QEMU {domain.RunningVersion}"))];
    }

    private static string Word(DomainView domain) => ShellWord.CanBeTyped(domain.Name) ? domain.Name : domain.Uuid.ToString();

    /// <summary>The first sentence.</summary>
    private static string Short(string? text) => (text ?? "").Split([$"{Sentence} ", ": "], StringSplitOptions.None)[0].TrimEnd('.');

    private sealed class Place(Command command)
    {
        public Command Command { get; set; } = command;

        /// <summary>The option whose value comes next.</summary>
        public Option? Pending { get; set; }

        public bool OptionsEnded { get; set; }

        public HashSet<string> Given { get; } = [];

        public List<string> Arguments { get; } = [];
    }
}
