namespace VirtHandover.Qemu;

/// <summary>A word of CPUID output.</summary>
/// <param name="Name">For example <c>1:EDX</c>, <c>7.0:EBX</c>.</param>
/// <param name="Bits">The features that are on.</param>
internal sealed record FeatureWord(string Name, uint Bits);

/// <summary>The guest's processors.</summary>
/// <param name="Words">The CPUID feature words of the first; empty where the architecture has none.</param>
/// <param name="Count">How many there are.</param>
internal sealed record CpuSnapshot(IReadOnlyList<FeatureWord> Words, int Count)
{
    /// <summary>Reads them.</summary>
    internal static async Task<CpuSnapshot> ReadAsync(IQmpChannel qmp, CancellationToken cancellationToken)
    {
        var cpus = await qmp.QueryCpusFastAsync(cancellationToken).ConfigureAwait(false);
        if (cpus.Count == 0)
            return new CpuSnapshot([], 0);
        try
        {
            var words = await qmp.QomGetAsync(cpus[0].QomPath, "feature-words", cancellationToken).ConfigureAwait(false);
            return new CpuSnapshot(new QmpReply(words, qmp.Peer, "qom-get feature-words").Each(ReadWord), cpus.Count);
        }
        catch (QmpException)
        {
            // Only x86 has feature words.
            return new CpuSnapshot([], cpus.Count);
        }
    }

    private static FeatureWord ReadWord(QmpReply word)
    {
        var leaf = word["cpuid-input-eax"].Number().ToString("x", System.Globalization.CultureInfo.InvariantCulture);
        var sub = word.Find("cpuid-input-ecx") is { } ecx ? "." + ecx.Number().ToString("x", System.Globalization.CultureInfo.InvariantCulture) : "";
        var bits = word["features"];
        return new FeatureWord(
            $"{leaf}{sub}:{word["cpuid-register"].Text()}",
            bits.Unsigned() is var value and <= uint.MaxValue ? (uint)value : throw bits.Wrong("is no 32-bit word"));
    }
}
