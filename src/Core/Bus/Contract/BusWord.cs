namespace VirtHandover.Bus.Contract;

/// <summary>Enumerations on the bus: the name in lower case, so that <c>busctl</c> shows words and not numbers.</summary>
internal static class BusWord
{
    internal static string ToBus<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();

    /// <exception cref="BusException">The word is none of them.</exception>
    internal static T FromBus<T>(string word)
        where T : struct, Enum => TryFromBus<T>(word) ?? throw new BusException(
            BusErrorNames.InvalidArgs, $"\"{word}\" is none of {string.Join(", ", Enum.GetValues<T>().Select(ToBus))}.");

    internal static T? TryFromBus<T>(string word)
        where T : struct, Enum
    {
        // Not Enum.TryParse: it takes numbers and lists too.
        foreach (var value in Enum.GetValues<T>())
        {
            if (ToBus(value) == word)
                return value;
        }

        return null;
    }
}
