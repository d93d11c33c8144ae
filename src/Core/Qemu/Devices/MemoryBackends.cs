using System.Globalization;

namespace VirtHandover.Qemu;

/// <summary>
/// The memory backends of a running QEMU: which there are it says itself (<c>qom-list /objects</c>), what they are its command line says.
/// libvirt never asks <c>query-memdev</c>, so a running VM is not asked either; that the files are the right ones is proven by the processes' maps. Pure.
/// </summary>
internal static class MemoryBackends
{
    // Of a VM without -m (softmmu/vl.c).
    private const long Default = 128L << 20;

    /// <summary>Finds them.</summary>
    /// <param name="line">The command line that it stands for.</param>
    /// <param name="objects">Type of each object by id.</param>
    internal static IReadOnlyList<MemoryBackend> Of(CommandLine line, IReadOnlyDictionary<string, string> objects)
    {
        var present = objects.Where(item => item.Value.StartsWith("memory-backend-", StringComparison.Ordinal)).ToList();
        var written = line.All("object").Where(o => IdOf(o) is not null).DistinctBy(o => o.Id).ToDictionary(o => o.Id!, StringComparer.Ordinal);
        return [.. present.Select(item => written.TryGetValue(item.Key, out var option)
            ? Written(option)
            // A plain -m makes one by itself, under the name that the machine type gives. Any other one was plugged, which the drift check says.
            : new MemoryBackend(item.Key, present.Count == 1 ? Size(line) : 0, false))];
    }

    private static string? IdOf(CommandLineOption option)
    {
        try
        {
            return option.Id;
        }
        catch (CommandLineException)
        {
            // The preflight refuses an option that cannot be read.
            return null;
        }
    }

    private static MemoryBackend Written(CommandLineOption option) => new(
        option.Id,
        OptionSize.TryParse(option.Value.Text("size") ?? "", out var size) ? size : 0,
        // backends/hostmem-memfd.c: shared unless told otherwise; the others are private.
        option.Value.Text("share") is null ? option.Kind == "memory-backend-memfd" : option.Value.IsOn("share"));

    // "-m 192", "-m size=196608k,slots=4,maxmem=…": without a unit it is MiB.
    private static long Size(CommandLine line)
    {
        var text = line.Last("m")?.Value.Implied("size");
        if (text is null)
            return Default;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var mebibytes) && mebibytes < long.MaxValue >> 20
            ? mebibytes << 20
            : OptionSize.TryParse(text, out var size) ? size : 0;
    }
}
