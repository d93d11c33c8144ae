using System.Globalization;
using System.Text.Json.Nodes;

namespace VirtHandover.Qemu;

/// <summary>Puts guest memory into files that are open as <c>/proc/self/fd/N</c>. An fd set's path does not work for <c>mem-path</c>.</summary>
internal static class RamOptions
{
    private const string CanonicalPath = "x-use-canonical-path-for-ramblock-id";

    // prealloc would write to pages of the running guest; discard-data would empty the shared file when the target ends; the others
    // belong to a memfd.
    private static readonly string[] Dropped =
        ["prealloc", "prealloc-threads", "prealloc-context", "discard-data", "hugetlb", "hugetlbsize", "seal", "mem-path", "share", "qom-type"];

    /// <summary>True for an option that makes guest memory.</summary>
    internal static bool IsBackend(CommandLineOption option) =>
        option.Name == "object" && option.Kind is "memory-backend-ram" or "memory-backend-memfd" or "memory-backend-file";

    /// <summary>The backend, in a shared file.</summary>
    internal static CommandLineOption Shared(CommandLineOption option, int fd)
    {
        var value = option.Value;
        JsonOptionValue? json = value as JsonOptionValue;
        var copy = json?.ToJson() ?? [];
        if (json is null)
        {
            foreach (var key in value.Keys)
            {
                // A list stands once per range (host-nodes=0-1,host-nodes=3), and Text() gives the last one only.
                if (copy.ContainsKey(key))
                    throw new CommandLineException($"QEMU's command line gives a memory backend '{key}' twice, which cannot be repeated faithfully.");
                copy[key] = Typed(key, value.Text(key)!);
            }
        }

        // A backend of the machine's first QEMUs names its RAM block by path if it is a file or memfd, and never if it is plain RAM.
        if (option.Kind == "memory-backend-ram" && !copy.ContainsKey(CanonicalPath))
            copy[CanonicalPath] = false;
        foreach (var key in Dropped)
            copy.Remove(key);
        return option with { Argument = File(copy, fd) };
    }

    /// <summary>The backend that a plain <c>-m</c> makes by itself, in a shared file.</summary>
    internal static CommandLineOption Default(MemoryBackend backend, int fd) => new(
        "-object", File(new JsonObject { ["id"] = backend.Id, ["size"] = backend.Size, [CanonicalPath] = false }, fd));

    private static string File(JsonObject rest, int fd)
    {
        var result = new JsonObject
        {
            ["qom-type"] = "memory-backend-file",
            ["mem-path"] = FdReference.SelfFd + fd.ToString(CultureInfo.InvariantCulture),
            ["share"] = true,
        };
        foreach (var (key, value) in rest)
            result[key] = value?.DeepClone();
        return result.ToJsonString();
    }

    private static JsonNode? Typed(string key, string text) => key switch
    {
        "size" or "align" or "offset" => OptionSize.TryParse(text, out var size)
            ? JsonValue.Create(size)
            : throw new CommandLineException($"QEMU's command line gives a memory backend the {key} '{text}', which is no size."),
        "host-nodes" => Nodes(text),
        _ => text switch
        {
            "on" or "yes" or "true" => JsonValue.Create(true),
            "off" or "no" or "false" => JsonValue.Create(false),
            _ => JsonValue.Create(text),
        },
    };

    private static JsonArray Nodes(string text)
    {
        var bounds = text.Split('-');
        if (bounds.Length > 2
            || !int.TryParse(bounds[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            || !int.TryParse(bounds[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var last)
            || last < first || last > 1023)
            throw new CommandLineException($"QEMU's command line binds memory to the host nodes '{text}', which cannot be read.");
        return new JsonArray([.. Enumerable.Range(first, last - first + 1).Select(n => (JsonNode)n)]);
    }
}
