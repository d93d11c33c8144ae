using System.Globalization;
using System.Xml;
using System.Xml.Linq;

namespace VirtHandover.Libvirt.Xml;

/// <summary>Reads XML that may be garbage: no DTD, no external entities, bounded size and depth.</summary>
internal static class SafeXml
{
    /// <summary>Characters; libvirt's largest documents stay far below one million.</summary>
    public const int MaxLength = 16 << 20;

    /// <summary>Levels; System.Xml.Linq walks trees recursively, so a deep one would overflow the stack.</summary>
    private const int MaxDepth = 128;

    private static readonly XmlReaderSettings Settings = new()
    {
        DtdProcessing = DtdProcessing.Prohibit,
        XmlResolver = null,
        MaxCharactersInDocument = MaxLength,
        CloseInput = true,
    };

    /// <summary>Parses a document; each node knows its line and position.</summary>
    /// <exception cref="XmlException">It is not well-formed, too large or too deep.</exception>
    public static XDocument Parse(string text)
    {
        try
        {
            using (XmlReader probe = XmlReader.Create(new StringReader(text), Settings))
            {
                while (probe.Read())
                {
                    if (probe.Depth > MaxDepth)
                    {
                        throw new XmlException($"it is nested deeper than {MaxDepth} levels");
                    }
                }
            }

            using XmlReader reader = XmlReader.Create(new StringReader(text), Settings);
            return XDocument.Load(reader, LoadOptions.PreserveWhitespace | LoadOptions.SetLineInfo);
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException)
        {
            throw new XmlException(exception.Message, exception);
        }
    }

    public static string? Text(this XElement? element, string name) => element?.Attribute(name)?.Value;

    public static int? Int(string? text) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) ? value : null;

    public static long? Long(string? text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) ? value : null;

    public static bool Yes(string? text) => text == "yes";
}
