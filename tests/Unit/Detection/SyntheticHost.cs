using System.Globalization;
using VirtHandover.Libvirt;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Tests.Unit.Detection;

/// <summary>A made-up <c>/proc</c> and root directory, with as many domains as wanted. Nothing in it runs.</summary>
internal sealed class SyntheticHost : IDisposable
{
    public const string Emulator = "/usr/libexec/qemu-kvm";

    private readonly TemporaryDirectory _directory = new();

    public SyntheticHost()
    {
        Libvirt = new FakeLibvirt(Path.Combine(_directory.Path, "run"));
        Proc = new ProcRoot(Path.Combine(_directory.Path, "proc"));
        Directory.CreateDirectory(At("/usr/libexec"));
        Directory.CreateDirectory(At("/usr/lib64"));
        Directory.CreateDirectory(Path.Combine(_directory.Path, "deleted"));
    }

    public FakeLibvirt Libvirt { get; }

    public ProcRoot Proc { get; }

    /// <summary>Puts a program or library on disk, whose build-id is the mark.</summary>
    public void Install(string path, byte mark)
    {
        if (FileIdentity.Of(At(path)) is { } old)
        {
            // Who has it mapped keeps it.
            File.Move(At(path), Kept(path, old.Inode));
        }

        Write(At(path), mark);
    }

    /// <summary>Adds a running domain with so many libraries mapped.</summary>
    public void Start(string name, int processId, IReadOnlyList<string> libraries, bool mapFiles = true)
    {
        RunningDomain domain = Libvirt.Add(name, processId, Emulator);
        string process = Path.Combine(Proc.Path, processId.ToString(CultureInfo.InvariantCulture));
        Directory.CreateDirectory(Path.Combine(process, "map_files"));
        File.WriteAllText(Path.Combine(process, "stat"), $"{processId} (qemu-kvm) S 1 1 1 0 -1 0 0 0 0 0 1 1 0 0 20 0 8 0 {1000 + processId} 0\n");
        File.WriteAllText(Path.Combine(process, "cmdline"), $"{Emulator}\0-name\0guest={name},debug-threads=on\0-uuid\0{domain.Uuid}\0");
        File.CreateSymbolicLink(Path.Combine(process, "root"), Path.Combine(_directory.Path, "root"));
        File.CreateSymbolicLink(Path.Combine(process, "exe"), At(Emulator));
        using StreamWriter maps = File.CreateText(Path.Combine(process, "maps"));
        ulong address = 0x7f0000000000;
        foreach (string library in libraries.Prepend(Emulator))
        {
            FileIdentity file = FileIdentity.Of(At(library))!.Value;
            for (int i = 0; i < 5; i++, address += 0x1000)
            {
                string permissions = i == 1 ? "r-xp" : "r--p";
                maps.Write(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{address:x}-{address + 0x1000:x} {permissions} 00000000 {file.Device.Major:x2}:{file.Device.Minor:x2} {file.Inode}    {library}\n"));
                if (i == 1 && mapFiles)
                {
                    File.CreateSymbolicLink(
                        Path.Combine(process, FormattableString.Invariant($"map_files/{address:x}-{address + 0x1000:x}")), At(library));
                }
            }
        }

        maps.Write("7ffd00000000-7ffd00001000 rw-s 00000000 00:01 1027 /memfd:pc.ram (deleted)\n7ffd10000000-7ffd10001000 r-xp 00000000 00:00 0 [vdso]\n");
        maps.Write("7ffe00000000-7ffe00001000 r-xp 00000000 00:01 5 /memfd:doublemapper (deleted)\n7ffe00001000-7ffe00002000 r-xp 00000000 00:01 6 /dev/zero (deleted)\n");
    }

    /// <summary>Lets a started domain keep the file that was replaced under it.</summary>
    public void KeepsOld(int processId, string path, ulong inode)
    {
        string process = Path.Combine(Proc.Path, processId.ToString(CultureInfo.InvariantCulture));
        foreach (string link in Directory.GetFiles(Path.Combine(process, "map_files")).Append(Path.Combine(process, "exe")))
        {
            if (new FileInfo(link).LinkTarget == At(path))
            {
                File.Delete(link);
                File.CreateSymbolicLink(link, Kept(path, inode));
            }
        }

        string maps = Path.Combine(process, "maps");
        File.WriteAllText(maps, File.ReadAllText(maps).Replace(path + "\n", path + " (deleted)\n", StringComparison.Ordinal));
    }

    public ulong Inode(string path) => FileIdentity.Of(At(path))!.Value.Inode;

    public void Dispose() => _directory.Dispose();

    private string At(string path) => _directory.Path + "/root" + path;

    private string Kept(string path, ulong inode) =>
        Path.Combine(_directory.Path, "deleted", FormattableString.Invariant($"{Path.GetFileName(path)}.{inode}"));

    private static void Write(string path, byte mark)
    {
        byte[] content = [.. ElfBuildIdTests.Elf(wide: true, little: true, alignment: 4), 0];
        content.AsSpan(content.AsSpan().IndexOf("\u0001\u0002\u0003\u0004\u0005\u0006\u0007\u0008"u8), 8).Fill(mark);
        File.WriteAllBytes(path, content);
        File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);
    }
}
