using System.Globalization;

namespace VirtHandover.Bench.Parts;

/// <summary>A directory like one of /proc: what a scan reads of a process, with the mappings of a real one.</summary>
internal static class SyntheticProcess
{
    public static void Write(string proc, int id, int model, Guid uuid, string name)
    {
        var real = string.Create(CultureInfo.InvariantCulture, $"/proc/{model}/");
        var process = Path.Combine(proc, id.ToString(CultureInfo.InvariantCulture));
        Directory.CreateDirectory(Path.Combine(process, "map_files"));
        var stat = File.ReadAllText(real + "stat");
        File.WriteAllText(Path.Combine(process, "stat"), id.ToString(CultureInfo.InvariantCulture) + stat[stat.IndexOf(' ')..]);
        File.WriteAllText(Path.Combine(process, "cmdline"), $"{Bare.BareShape.Program}\0-name\0guest={name},debug-threads=on\0-uuid\0{uuid}\0");
        File.CreateSymbolicLink(Path.Combine(process, "root"), "/");
        File.CreateSymbolicLink(Path.Combine(process, "exe"), Bare.BareShape.Program);
        var maps = File.ReadAllText(real + "maps");
        File.WriteAllText(Path.Combine(process, "maps"), maps);
        foreach (var line in maps.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var path = line.IndexOf('/', StringComparison.Ordinal);
            if (path > 0 && File.Exists(line[path..]))
                File.CreateSymbolicLink(Path.Combine(process, "map_files", line[..line.IndexOf(' ', StringComparison.Ordinal)]), line[path..]);
        }
    }
}
