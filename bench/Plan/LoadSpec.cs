using System.Globalization;

namespace VirtHandover.Bench.Plan;

/// <summary>What the guest's writers do: so many threads dirty an area together at a rate.</summary>
/// <param name="Writers">Threads; 0: idle.</param>
/// <param name="Mebibytes">The area.</param>
/// <param name="MegabytesPerSecond">The rate of all together; 0: as fast as they can.</param>
internal sealed record LoadSpec(int Writers, int Mebibytes, int MegabytesPerSecond)
{
    public static LoadSpec Idle { get; } = new(0, 0, 0);

    public bool IsIdle => Writers == 0;

    /// <summary><c>idle</c> or <c>WRITERS:MIB:MBPS</c>, with <c>max</c> for a rate without limit.</summary>
    /// <exception cref="FormatException">It is neither.</exception>
    public static LoadSpec Parse(string text)
    {
        if (text == "idle")
            return Idle;
        var parts = text.Split(':');
        var rate = 0;
        if (parts.Length != 3 || !Number(parts[0], out var writers) || !Number(parts[1], out var area)
            || (parts[2] != "max" && !Number(parts[2], out rate)) || writers > 8 || area < writers)
        {
            throw new FormatException($"'{text}' is no load: write 'idle' or WRITERS:MIB:MBPS, with at most 8 writers, such as 1:256:100 or 4:512:max.");
        }

        return new LoadSpec(writers, area, rate);
    }

    public override string ToString() => IsIdle
        ? "idle"
        : string.Create(CultureInfo.InvariantCulture, $"{Writers}:{Mebibytes}:{(MegabytesPerSecond == 0 ? "max" : MegabytesPerSecond)}");

    private static bool Number(string text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number > 0;
}
