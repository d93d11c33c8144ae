using System.Globalization;
using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace VirtHandover.Libvirt;

public sealed partial class StatusFile
{
    /// <summary>
    /// The file's content with some attribute values exchanged. Every other byte stays, because libvirt kills a VM whose file
    /// it misunderstands. Writes nothing.
    /// </summary>
    /// <param name="edit">The new values.</param>
    /// <returns>The new content; reads back as the old document with exactly these values exchanged.</returns>
    /// <exception cref="StatusFileException">The result would not read back as intended; use the old content.</exception>
    public byte[] Apply(StatusFileEdit edit)
    {
        ArgumentNullException.ThrowIfNull(edit);
        var expected = new XDocument(Document);
        List<(XAttribute Attribute, string Value)> here = Changes(Document, edit);
        foreach ((XAttribute attribute, string value) in Changes(expected, edit))
        {
            attribute.Value = value;
        }

        try
        {
            byte[] content = Strict.GetBytes(Exchange(here));
            if (XNode.DeepEquals(expected, Parse(Path, content).Document))
            {
                return content;
            }
        }
        catch (Exception exception) when (exception is StatusFileException or EncoderFallbackException)
        {
            // A new value that XML or UTF-8 cannot hold; the sentence below covers it.
        }

        throw new StatusFileException(Path, $"The status file {Path} could not be edited safely: the result would not read back as intended. It was not changed.");
    }

    private static List<(XAttribute Attribute, string Value)> Changes(XDocument document, StatusFileEdit edit)
    {
        List<(XAttribute, string)> changes = [(document.Root!.Attribute("pid")!, edit.ProcessId.ToString(CultureInfo.InvariantCulture))];
        foreach (XAttribute pty in PtyAttributes(document))
        {
            if (edit.Ptys.TryGetValue(pty.Value, out string? path))
            {
                changes.Add((pty, path));
            }
        }

        return changes;
    }

    private string Exchange(List<(XAttribute Attribute, string Value)> changes)
    {
        int[] lines = LineStarts(Text);
        List<(int Start, int End, string Value)> spans = [.. changes.Select(change => Locate(lines, change.Attribute, change.Value)).OrderBy(span => span.Start)];
        var text = new StringBuilder(Text.Length + 64);
        int copied = 0;
        foreach ((int start, int end, string value) in spans)
        {
            text.Append(Text, copied, start - copied).Append(value);
            copied = end;
        }

        return text.Append(Text, copied, Text.Length - copied).ToString();
    }

    private (int Start, int End, string Value) Locate(int[] lines, XAttribute attribute, string value)
    {
        var position = (IXmlLineInfo)attribute;
        string name = attribute.Name.LocalName;
        int at = position.HasLineInfo() && position.LineNumber <= lines.Length
            ? lines[position.LineNumber - 1] + position.LinePosition - 1
            : -1;
        if (at >= 0 && at < Text.Length && string.CompareOrdinal(Text, at, name, 0, name.Length) == 0)
        {
            int open = Text.AsSpan(at).IndexOfAny('\'', '"');
            int close = open < 0 ? -1 : Text.IndexOf(Text[at + open], at + open + 1);
            if (close > 0 && Text.AsSpan(at + name.Length, open - name.Length).Trim(" \t\r\n") is "=")
            {
                return (at + open + 1, close, Escape(value));
            }
        }

        throw new StatusFileException(Path, $"The status file {Path} could not be edited: the attribute {name} was not found again in its text. It was not changed.");
    }

    private static int[] LineStarts(string text)
    {
        // The same line ends as XmlReader counts.
        List<int> starts = [0];
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\n' || (text[i] == '\r' && (i + 1 == text.Length || text[i + 1] != '\n')))
            {
                starts.Add(i + 1);
            }
        }

        return [.. starts];
    }

    private static string Escape(string value) => value
        .Replace("&", "&amp;", StringComparison.Ordinal)
        .Replace("<", "&lt;", StringComparison.Ordinal)
        .Replace(">", "&gt;", StringComparison.Ordinal)
        .Replace("'", "&apos;", StringComparison.Ordinal)
        .Replace("\"", "&quot;", StringComparison.Ordinal)
        .Replace("\t", "&#x9;", StringComparison.Ordinal)
        .Replace("\n", "&#xA;", StringComparison.Ordinal)
        .Replace("\r", "&#xD;", StringComparison.Ordinal);
}
