using System.Globalization;
using VirtHandover.Bench.Statistics;

namespace VirtHandover.Bench.Report;

/// <summary>Numbers as the tables have them.</summary>
internal static class Figure
{
    /// <summary>ms with one digit behind the point below 100, without above.</summary>
    public static string Ms(double? value) => value switch
    {
        null => "–",
        < 99.95 => value.Value.ToString("0.0", CultureInfo.InvariantCulture),
        _ => value.Value.ToString("0", CultureInfo.InvariantCulture),
    };

    public static string Median(Sample sample) => Ms(sample.IsEmpty ? null : sample.Median);

    /// <summary>Median, p95, p99 and maximum in one cell.</summary>
    public static string Spread(Sample sample) => sample.IsEmpty
        ? "–"
        : $"{Ms(sample.Median)} / {Ms(sample.Percentile(95))} / {Ms(sample.Percentile(99))} / {Ms(sample.Maximum)}";

    public static string Ratio(double? value) => value switch
    {
        null => "–",
        < 0.095 => value.Value.ToString("0.000", CultureInfo.InvariantCulture),
        < 9.95 => value.Value.ToString("0.00", CultureInfo.InvariantCulture),
        _ => value.Value.ToString("0", CultureInfo.InvariantCulture),
    };

    /// <summary>"1 GiB", "512 MiB".</summary>
    public static string Memory(int mebibytes) => mebibytes % 1024 == 0
        ? string.Create(CultureInfo.InvariantCulture, $"{mebibytes / 1024} GiB")
        : string.Create(CultureInfo.InvariantCulture, $"{mebibytes} MiB");

    public static string Bytes(double bytes) => bytes switch
    {
        < 1e6 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e3:0} kB"),
        < 1e9 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0} MB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.0} GB"),
    };

    public static string Count(long number) => number.ToString(CultureInfo.InvariantCulture);
}
