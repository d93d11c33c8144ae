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

    /// <summary>Looks for an attribute of the root's first child of a name, and reads no further.</summary>
    /// <param name="path">The file.</param>
    /// <param name="element">The child's name.</param>
    /// <param name="attribute">The attribute's.</param>
    /// <returns>Null when there is none.</returns>
    /// <exception cref="XmlException">It is not well-formed up to there, or too large.</exception>
    public static string? FindAttribute(string path, string element, string attribute)
    {
        using XmlReader reader = XmlReader.Create(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete), Settings);
        while (reader.Read())
        {
            if (reader is { NodeType: XmlNodeType.Element, Depth: 1 } && reader.Name == element)
            {
                return reader.GetAttribute(attribute);
            }
        }

        return null;
    }

    public static string? Text(this XElement? element, string name) => element?.Attribute(name)?.Value;

    public static int? Int(string? text) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) ? value : null;

    public static long? Long(string? text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) ? value : null;
}
