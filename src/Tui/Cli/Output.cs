using System.Text;
using System.Text.Json.Serialization.Metadata;
using VirtHandover.Tui.Json;
using VirtHandover.Tui.Model;

namespace VirtHandover.Tui.Cli;

/// <summary>Where a verb writes: data to standard output, messages to standard error.</summary>
internal sealed class Output(CliContext context, bool json, bool color)
{
    /// <summary>The caller wants JSON; then nothing else goes to standard output.</summary>
    public bool Json { get; } = json;

    public GlyphSet Glyphs => context.Traits.Glyphs;

    /// <summary>Columns for tables; unlimited when the output goes to a file.</summary>
    public int Width => context.Traits.Width;

    private bool Color { get; } = color && context.Traits is { Color: true, OutputIsTerminal: true, Kind: not "dumb" };

    public void Document<T>(T document, Func<JsonContext, JsonTypeInfo<T>> type, bool oneLine = false)
    {
        context.Out.WriteLine(JsonOut.Text(document, type, oneLine));
        context.Out.Flush();
    }

    /// <summary>A line of data.</summary>
    public void Data(string sentence) => context.Out.WriteLine(Glyphs.Safe(sentence));

    public void Lines(IEnumerable<Line> lines)
    {
        foreach (var line in lines)
        {
            context.Out.WriteLine(Color ? Colored(line) : line.Text.TrimEnd());
        }
    }

    /// <summary>A message: not part of the data.</summary>
    public void Message(string sentence) => context.Error.WriteLine(Glyphs.Safe(sentence));

    /// <summary>A message about a failure.</summary>
    public void Fault(string sentence) => Message($"virt-handover: {sentence}");

    private static string Colored(Line line)
    {
        var text = new StringBuilder();
        foreach (var run in line.Runs)
        {
            var code = Code(run.Tone);
            text.Append(code.Length == 0 ? run.Text : $"\e[{code}m{run.Text}\e[0m");
        }

        return text.ToString();
    }

    private static string Code(Tone tone) => tone switch
    {
        Tone.Dim => "2",
        Tone.Good => "32",
        Tone.Busy => "36",
        Tone.Attention => "33",
        Tone.Bad => "31",
        Tone.Heading => "1",
        _ => "",
    };
}
