using VirtHandover.Bus.Client;
using VirtHandover.Tui.Format;

namespace VirtHandover.Tui.Model;

/// <summary>The readiness of domains as a table; what would help is wrapped in the last column.</summary>
internal static class ReadinessLines
{
    private const int WidthOfAFile = 120;
    private const int MostName = 32;
    private const int LeastAdvice = 20;
    private const int ReadyWidth = 9;
    private const int MethodWidth = 8;

    public static IReadOnlyList<Line> Of(IReadOnlyList<DomainView> domains, int width, GlyphSet glyphs)
    {
        width = Math.Min(width, WidthOfAFile);
        var name = Math.Min(MostName, domains.Select(domain => Columns.Of(glyphs.Safe(domain.Name))).Append("DOMAIN".Length).Max()) + 2;
        name = Math.Max(1, Math.Min(name, width - ReadyWidth - MethodWidth - LeastAdvice));
        var lines = new List<Line> { new(new Run(Columns.Fit("DOMAIN", name, "") + Columns.Fit("READY", ReadyWidth, "") + Columns.Fit("METHOD", MethodWidth, "") + "WHAT WOULD HELP", Tone.Heading)) };
        foreach (var domain in domains)
        {
            var readiness = Readiness.Of(domain);
            var (word, tone) = readiness.Ready switch { true => ("yes", Tone.Good), false => ("no", Tone.Bad), null => ("unknown", Tone.Attention) };
            var advice = readiness.Advice
                .SelectMany(sentence => Columns.Wrap(glyphs.Safe(sentence), Math.Max(LeastAdvice, width - name - ReadyWidth - MethodWidth)))
                .DefaultIfEmpty(glyphs.None);
            var head = true;
            foreach (var text in advice)
            {
                lines.Add(new Line(
                    new Run(Columns.Fit(head ? Columns.Cut(glyphs.Safe(domain.Name), name - 1, glyphs.Cut) : "", name, glyphs.Cut)),
                    new Run(Columns.Fit(head ? word : "", ReadyWidth, ""), tone),
                    new Run(Columns.Fit(head ? DomainText.Method(domain, glyphs) : "", MethodWidth, glyphs.Cut)),
                    new Run(text)));
                head = false;
            }
        }

        return lines;
    }
}
