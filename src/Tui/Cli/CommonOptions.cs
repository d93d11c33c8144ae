using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Parsing;
using System.Globalization;
using VirtHandover.Policy;
using VirtHandover.Tui.Model;

namespace VirtHandover.Tui.Cli;

/// <summary>Options and arguments that several verbs share.</summary>
internal static class CommonOptions
{
    public static readonly Option<bool> Json = new("--json") { Description = "Print JSON (schema 1) instead of text.", Recursive = true };

    public static readonly Option<bool> NoColor = new("--no-color")
    {
        Description = "Never use colours; NO_COLOR in the environment does the same.",
        Recursive = true,
    };

    public static readonly Option<RemoteHost?> Host = new("--host", "-H")
    {
        Description = $"Work on another machine over SSH: {RemoteHost.Example}.",
        HelpName = "[USER@]SERVER",
        Recursive = true,
        CustomParser = result =>
        {
            if (!RemoteHost.TryParse(Only(result), out var host, out var error))
            {
                result.AddError($"--host: {error}");
            }

            return host;
        },
    };

    /// <summary>The name of every argument that is a running domain.</summary>
    public const string DomainName = "DOMAIN";

    public static Argument<string> Domain() => new(DomainName) { Description = "Name or UUID of a running domain." };

    public static Argument<string[]> Domains(ArgumentArity arity) => new(DomainName)
    {
        Description = "Names or UUIDs of running domains.",
        Arity = arity,
    };

    /// <summary>Which domains, as the screen's <c>/</c>.</summary>
    public static Option<QueueFilter?> Filter(string description) => new("--filter")
    {
        Description = description,
        HelpName = "FILTER",
        CustomParser = result =>
        {
            if (QueueFilter.TryParse(Only(result), out var filter, out var error))
            {
                return filter;
            }

            result.AddError($"--filter: {error}");
            return null;
        },
    };

    private const string PauseExample = "30ms or 1.5s";

    /// <summary>A pause budget, in microseconds.</summary>
    public static Option<long?> MaxPause(string description) => new("--max-pause")
    {
        Description = $"{description}: {PauseExample}.",
        HelpName = "DURATION",
        CustomParser = result =>
        {
            var text = Only(result);
            if (PolicyWords.Pauses.TryParse(text, out var pause, out var error))
            {
                return (long)pause.TotalMicroseconds;
            }

            result.AddError($"--max-pause: “{text}” is not a pause: {error}; write for example --max-pause 30ms.");
            return null;
        },
    };

    /// <summary>What <see cref="MaxPause"/> read, as the service takes it.</summary>
    public static TimeSpan? Pause(long? microseconds) => microseconds is { } pause ? TimeSpan.FromMicroseconds(pause) : null;

    /// <summary>One of some words.</summary>
    public static Option<string?> Choice(string name, string description, IReadOnlyList<string> words)
    {
        var option = new Option<string?>(name)
        {
            Description = description,
            HelpName = string.Join('|', words),
            CustomParser = result =>
            {
                var text = Only(result);
                if (!words.Contains(text))
                {
                    result.AddError($"{name}: “{text}” is none of {string.Join(", ", words)}; write for example {name} {words[0]}.");
                }

                return text;
            },
        };
        option.CompletionSources.Add(_ => words.Select(word => new CompletionItem(word)));
        return option;
    }

    /// <summary>A positive whole number.</summary>
    public static Option<int?> Number(string name, string description, int example) => new(name)
    {
        Description = description,
        HelpName = "N",
        CustomParser = result =>
        {
            var text = Only(result);
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0)
            {
                return number;
            }

            result.AddError($"{name}: “{text}” is not a whole number above 0; write for example {name} {example}.");
            return null;
        },
    };

    /// <summary>A duration.</summary>
    public static Option<TimeSpan?> Span(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "DURATION",
        CustomParser = result =>
        {
            var text = Only(result);
            if (DurationRange.Some.TryParse(text, out var span, out var error))
            {
                return span;
            }

            result.AddError($"{name}: “{text}” is not a duration: {error}; write for example {Duration.Example}.");
            return null;
        },
    };

    private static string Only(ArgumentResult result) => result.Tokens.Count == 0 ? "" : result.Tokens[^1].Value;
}
