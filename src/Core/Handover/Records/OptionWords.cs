using System.Text.Json;
using System.Text.Json.Nodes;
using VirtHandover.Qemu;

namespace VirtHandover.Handover.Records;

/// <summary>One value that an option's argument holds.</summary>
/// <param name="Key">The innermost name it stands under; empty for a first word without one.</param>
/// <param name="Text">The value.</param>
internal readonly record struct OptionWord(string Key, string Text);

/// <summary>
/// Every value in an argument, also those that QEMU does not look at because a later one of the same name counts. What is to be checked whole must not be
/// read as leniently as what is to be understood.
/// </summary>
internal static class OptionWords
{
    /// <summary>Takes an argument apart.</summary>
    /// <exception cref="CommandLineException">It starts like JSON and is none.</exception>
    internal static IEnumerable<OptionWord> Of(string argument)
    {
        if (!argument.StartsWith('{'))
            return Keyed(argument);
        // Reads it once as everybody else does: no member twice, no text that is not Unicode.
        var value = (JsonOptionValue)OptionValue.Parse(argument);
        return Leaves("", value.ToJson()).ToList();
    }

    private static IEnumerable<OptionWord> Leaves(string key, JsonNode? node) => node switch
    {
        JsonObject members => members.SelectMany(member => Leaves(member.Key, member.Value)),
        JsonArray items => items.SelectMany(item => Leaves(key, item)),
        JsonValue value when value.GetValueKind() == JsonValueKind.String => [new OptionWord(key, value.GetValue<string>())],
        _ => [],
    };

    private static IEnumerable<OptionWord> Keyed(string text)
    {
        foreach (var word in KeyedOptionValue.Split(text))
        {
            var at = word.IndexOf('=', StringComparison.Ordinal);
            yield return at < 0 ? new OptionWord("", word) : new OptionWord(word[..at][(word[..at].LastIndexOf('.') + 1)..], word[(at + 1)..]);
        }
    }
}
