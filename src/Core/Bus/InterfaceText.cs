namespace VirtHandover.Bus;

/// <summary>
/// What introspection shows of an interface: its documented XML, <c>data/dbus</c>, which is a part of this program. That it says what the definition says is
/// the tests' to prove.
/// </summary>
internal static class InterfaceText
{
    /// <summary>The element, with its comments.</summary>
    /// <param name="definition">The interface; one without such a file is only named.</param>
    /// <returns>XML.</returns>
    internal static string Of(InterfaceDefinition definition)
    {
        using var file = typeof(InterfaceText).Assembly.GetManifestResourceStream(definition.Name + ".xml");
        if (file is null)
            return $"  <interface name=\"{definition.Name}\"/>\n";
        const string begin = "  <interface ", end = "</interface>\n";
        var text = new StreamReader(file).ReadToEnd();
        return text[text.IndexOf(begin, StringComparison.Ordinal)..(text.LastIndexOf(end, StringComparison.Ordinal) + end.Length)];
    }
}
