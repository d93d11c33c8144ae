namespace VirtHandover.Handover.Preflight;

/// <summary>Reads what <c>-machine help</c> prints.</summary>
internal static class MachineHelp
{
    /// <summary>The machine types, one a line: name, description, and in brackets what is special.</summary>
    internal static IReadOnlyList<MachineType> Parse(string text)
    {
        var machines = new List<MachineType>();
        foreach (var line in text.Split('\n').Skip(1))
        {
            var words = line.Split(' ', 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            if (words is [var name, var rest])
                machines.Add(new MachineType(name, Alias(rest)));
        }

        return machines;
    }

    // "Standard PC (i440FX + PIIX, 1996) (alias of pc-i440fx-9.2)"
    private static string? Alias(string description)
    {
        const string Mark = "(alias of ";
        var start = description.IndexOf(Mark, StringComparison.Ordinal);
        var end = start < 0 ? -1 : description.IndexOf(')', start);
        return end < 0 ? null : description[(start + Mark.Length)..end];
    }
}
