namespace VirtHandover.Bus.Contract;

/// <summary>The <c>a{sv}</c> that ends the arguments of a method.</summary>
internal static class CallOptions
{
    /// <summary>
    /// Reads the options. An unknown one is refused, not ignored: who misspells "rehearse" must not get a real handover.
    /// </summary>
    /// <exception cref="BusException"><see cref="BusErrorNames.InvalidArgs"/>: an option is not known here.</exception>
    internal static IReadOnlyDictionary<string, BusValue> Read(BusCall call, params IReadOnlyList<string> known)
    {
        var options = call.Arguments[^1].AsOptions();
        return options.Keys.FirstOrDefault(key => !known.Contains(key)) is { } unknown
            ? throw new BusException(
                BusErrorNames.InvalidArgs,
                $"{call.Message.Member} has no option \"{unknown}\"; {(known.Count == 0 ? "it has none, so an empty a{sv} is right" : $"its options are {string.Join(", ", known)}")}.")
            : options;
    }

    /// <summary>Reads one option that may be missing.</summary>
    /// <param name="options">The options.</param>
    /// <param name="name">Its name.</param>
    /// <param name="read">How it is read.</param>
    /// <param name="otherwise">What counts when it is missing.</param>
    /// <exception cref="BusException"><see cref="BusErrorNames.InvalidArgs"/>: it is of another type; the message names it.</exception>
    internal static T Get<T>(IReadOnlyDictionary<string, BusValue> options, string name, Func<BusValue, T> read, T otherwise)
    {
        try
        {
            return options.TryGetValue(name, out var value) ? read(value) : otherwise;
        }
        catch (BusException e)
        {
            throw new BusException(e.Name, $"The option \"{name}\" is not right: {e.Message}");
        }
    }
}
