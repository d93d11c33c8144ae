using System.Globalization;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Legends;
using OxyPlot.Series;
using VirtHandover.Bench.Statistics;

namespace VirtHandover.Bench.Report;

/// <summary>The charts, as SVG.</summary>
internal static class Charts
{
    private const double Width = 820;
    private const double Height = 420;

    private static readonly OxyColor[] Colors =
        [OxyColor.Parse("#3b6fb6"), OxyColor.Parse("#d9742b"), OxyColor.Parse("#4d9a58"), OxyColor.Parse("#8b5aa8"), OxyColor.Parse("#8c8c8c"), OxyColor.Parse("#b8433f")];

    /// <summary>The talk's chart: one group of bars for each VM, for both ways, idle and under load.</summary>
    public static PlotModel Bars(string title, string unit, IReadOnlyList<string> groups, IReadOnlyList<(string Name, IReadOnlyList<double?> Values)> series)
    {
        var model = Model(title);
        var categories = new CategoryAxis { Position = AxisPosition.Bottom, Key = "groups", GapWidth = 0.4 };
        categories.Labels.AddRange(groups);
        model.Axes.Add(categories);
        // Ways differ by factors of a hundred: only a logarithmic axis shows both.
        model.Axes.Add(new LogarithmicAxis
        {
            Position = AxisPosition.Left,
            Key = "values",
            Title = unit,
            AxisTitleDistance = 12,
            MajorGridlineStyle = LineStyle.Solid,
            MajorGridlineColor = OxyColors.LightGray,
            Minimum = Floor(series.SelectMany(one => one.Values)),
            LabelFormatter = Label,
        });
        foreach (var ((name, values), color) in series.Zip(Colors))
        {
            var bars = new BarSeries { Title = name, XAxisKey = "values", YAxisKey = "groups", FillColor = color, BaseValue = Floor(series.SelectMany(one => one.Values)) };
            for (var i = 0; i < values.Count; i++)
            {
                if (values[i] is { } value)
                    bars.Items.Add(new BarItem(value, i));
            }

            model.Series.Add(bars);
        }

        return model;
    }

    /// <summary>Lines over a number that grows.</summary>
    public static PlotModel Lines(string title, string horizontal, string unit, IReadOnlyList<(string Name, IReadOnlyList<(double X, double Y)> Points)> series, bool logarithmic)
    {
        var model = Model(title);
        var positions = series.SelectMany(one => one.Points).Select(point => point.X).Distinct().Order().ToList();
        model.Axes.Add(new LogarithmicAxis
        {
            Position = AxisPosition.Bottom,
            Base = 2,
            Title = horizontal,
            LabelFormatter = Label,
            Minimum = positions[0] / 1.15,
            Maximum = positions[^1] * 1.15,
        });
        Axis vertical = logarithmic ? new LogarithmicAxis { LabelFormatter = Label } : new LinearAxis { Minimum = 0, MaximumPadding = 0.15 };
        vertical.Position = AxisPosition.Left;
        vertical.Title = unit;
        vertical.MajorGridlineStyle = LineStyle.Solid;
        vertical.MajorGridlineColor = OxyColors.LightGray;
        model.Axes.Add(vertical);
        foreach (var ((name, points), color) in series.Zip(Colors))
        {
            var line = new LineSeries { Title = name, Color = color, MarkerType = MarkerType.Circle, MarkerSize = 4, MarkerFill = color };
            line.Points.AddRange(points.Select(point => new DataPoint(point.X, point.Y)));
            model.Series.Add(line);
        }

        return model;
    }

    /// <summary>Bars that are put together of parts.</summary>
    public static PlotModel Stacks(string title, string unit, IReadOnlyList<string> groups, IReadOnlyList<(string Name, IReadOnlyList<double> Values)> parts)
    {
        var model = Model(title);
        var categories = new CategoryAxis { Position = AxisPosition.Left, Key = "groups", GapWidth = 0.4, StartPosition = 1, EndPosition = 0 };
        categories.Labels.AddRange(groups);
        model.Axes.Add(categories);
        model.Axes.Add(new LinearAxis
        {
            Position = AxisPosition.Bottom,
            Key = "values",
            Title = unit,
            Minimum = 0,
            MajorGridlineStyle = LineStyle.Solid,
            MajorGridlineColor = OxyColors.LightGray,
        });
        foreach (var ((name, values), color) in parts.Zip(Colors))
        {
            var bars = new BarSeries { Title = name, XAxisKey = "values", YAxisKey = "groups", IsStacked = true, FillColor = color };
            bars.Items.AddRange(values.Select((value, i) => new BarItem(value, i)));
            model.Series.Add(bars);
        }

        return model;
    }

    /// <summary>Every pause of a cell in order of size: the share of handovers that paused no longer.</summary>
    public static PlotModel Shares(string title, string unit, IReadOnlyList<(string Name, Sample Sample)> samples)
    {
        var model = Model(title);
        model.Axes.Add(new LinearAxis { Position = AxisPosition.Bottom, Title = unit, Minimum = 0, MaximumPadding = 0.05 });
        model.Axes.Add(new LinearAxis
        {
            Position = AxisPosition.Left,
            Title = "% of the handovers",
            Minimum = 0,
            Maximum = 101,
            MajorGridlineStyle = LineStyle.Solid,
            MajorGridlineColor = OxyColors.LightGray,
        });
        foreach (var ((name, sample), color) in samples.Zip(Colors))
        {
            var line = new StairStepSeries { Title = name, Color = color };
            line.Points.Add(new DataPoint(sample.Minimum, 0));
            for (var i = 1; i <= sample.Count; i++)
                line.Points.Add(new DataPoint(sample.Percentile(100.0 * i / sample.Count), 100.0 * i / sample.Count));
            model.Series.Add(line);
        }

        return model;
    }

    public static void Save(PlotModel model, string file)
    {
        using var stream = File.Create(file);
        // Text stays text, so that a chart can be searched and its fonts are the reader's.
        new SvgExporter { Width = Width, Height = Height, UseVerticalTextAlignmentWorkaround = true, TextMeasurer = new WideText(Width, Height) }.Export(model, stream);
    }

    private static PlotModel Model(string title)
    {
        var model = new PlotModel
        {
            Title = title,
            TitleFontSize = 15,
            Background = OxyColors.White,
            PlotAreaBorderColor = OxyColors.Gray,
            Padding = new OxyThickness(8, 8, 16, 8),
            DefaultFont = "sans-serif",
        };
        model.Legends.Add(new Legend
        {
            LegendPlacement = LegendPlacement.Outside,
            LegendPosition = LegendPosition.BottomCenter,
            LegendOrientation = LegendOrientation.Horizontal,
            LegendFontSize = 12,
        });
        return model;
    }

    private static double Floor(IEnumerable<double?> values)
    {
        var least = values.OfType<double>().DefaultIfEmpty(1).Min();
        return Math.Pow(10, Math.Floor(Math.Log10(Math.Max(least, 0.1))));
    }

    private static string Label(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);
}
