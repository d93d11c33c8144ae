using OxyPlot;

namespace VirtHandover.Bench.Report;

/// <summary>Measures text for the charts as wider than Helvetica: the reader's font for "sans-serif" may be a wide one, and must not overlap.</summary>
internal sealed class WideText(double width, double height) : PdfRenderContext(width, height, OxyColors.White)
{
    private const double Factor = 1.4;

    public override OxySize MeasureText(string text, string fontFamily, double fontSize, double fontWeight)
    {
        var size = base.MeasureText(text, "Helvetica", fontSize, fontWeight);
        return new OxySize(size.Width * Factor, size.Height);
    }
}
