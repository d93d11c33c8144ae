using System.CommandLine;
using System.CommandLine.Parsing;
using VirtHandover.Tui.Format;

namespace VirtHandover.Tui.Cli;

/// <summary>
/// What is wrong with a call, and what would be right. System.CommandLine only says that a word is unrecognized or an argument
/// missing, not what could stand there.
/// </summary>
internal static class UsageText
{
    /// <summary>A sentence for each fault; empty when the call can be read.</summary>
    public static string Of(ParseResult parsed) =>
        string.Join(Environment.NewLine, parsed.Errors.Select(error => One(error, parsed)).Distinct(StringComparer.Ordinal));

    private static string One(ParseError error, ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        // One word that is out of place makes the next ones so.
        if (parsed.UnmatchedTokens is [var word, ..] && parsed.UnmatchedTokens.Any(token => error.Message.Contains($"'{token}'", StringComparison.Ordinal)))
        {
            return Unmatched(command, word);
        }

        return error.SymbolResult switch
        {
            OptionResult { Option: Option<bool> flag, Tokens: [var value, ..] } => $"{flag.Name} takes no value, but “{Printable.Of(value.Value)}” was given.",
            OptionResult { Option: var option, Tokens.Count: 0, IdentifierTokenCount: > 0 } when IsOfTheParser(error) => $"{option.Name} needs {Wanted(option)}",
            OptionResult { Option: var option, IdentifierTokenCount: > 1 and var times } when IsOfTheParser(error) => $"{option.Name} was given {times} times; once is enough.",
            _ when IsOfTheParser(error) && Missing(parsed) is { } missing => $"{Called(command)} needs {missing}",
            _ => error.Message,
        };
    }

    /// <summary>What the parser itself says has no quotation marks of ours; what an option's own reading says is a sentence already.</summary>
    private static bool IsOfTheParser(ParseError error) => error.Message.Contains('\'', StringComparison.Ordinal) && !error.Message.Contains('“', StringComparison.Ordinal);

    private static string Unmatched(Command command, string word)
    {
        var shown = Printable.Of(word);
        if (word.StartsWith('-'))
        {
            var own = command.Options.Concat(Above(command)).Where(option => !option.Hidden).Select(option => option.Name).Distinct().Order(StringComparer.Ordinal);
            return $"“{shown}” is no option of {Called(command)}; its options are {string.Join(", ", own)}. What begins with - and is none goes behind --.";
        }

        var parts = command.Subcommands.Where(part => !part.Hidden).Select(part => part.Name).ToList();
        if (parts.Count > 0)
        {
            return $"“{shown}” is none of {string.Join(", ", parts)}.";
        }

        return command.Arguments.Count > 0
            ? $"“{shown}” is one argument too many: {Called(command)} takes one {command.Arguments[0].Name}; what has spaces goes into quotation marks."
            : $"{Called(command)} takes no argument, but “{shown}” was given.";
    }

    /// <summary>The option or the argument without which the verb cannot be.</summary>
    private static string? Missing(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        if (command.Arguments.FirstOrDefault(argument => argument.Arity.MinimumNumberOfValues > (parsed.GetResult(argument)?.Tokens.Count ?? 0)) is { } argument)
        {
            return $"{argument.Name}: {argument.Description}";
        }

        return command.Options.FirstOrDefault(option => option.Required && parsed.GetResult(option) is null) is { } needed
            ? $"{needed.Name} {Wanted(needed)}"
            : null;
    }

    private static string Wanted(Option option) => $"{option.HelpName ?? "a value"}: {option.Description}";

    private static string Called(Command command) => command is Verb verb ? verb.FullName : CommandLine.Name;

    /// <summary>Options that stand further up and hold here as well.</summary>
    private static IEnumerable<Option> Above(Command command) =>
        command.Parents.OfType<Command>().SelectMany(parent => parent.Options.Where(option => option.Recursive).Concat(Above(parent)));
}
