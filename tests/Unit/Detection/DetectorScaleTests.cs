using VirtHandover.Detection;

namespace VirtHandover.Tests.Unit.Detection;

/// <summary>Many domains on a synthetic host.</summary>
public sealed class DetectorScaleTests : IDisposable
{
    private const int Domains = 200;

    private static readonly string[] Libraries = [.. Enumerable.Range(0, 12).Select(number => $"/usr/lib64/lib{number}.so.1")];

    private readonly SyntheticHost _host = new();
    private readonly FakeProbe _probe = new();
    private readonly Detector _detector;

    public DetectorScaleTests()
    {
        _host.Install(SyntheticHost.Emulator, 1);
        foreach (string library in Libraries)
        {
            _host.Install(library, 1);
        }

        _detector = new Detector(_host.Libvirt, _host.Libvirt.Paths, _host.Proc, _probe, new PackageOwner { Databases = [] });
    }

    public void Dispose() => _host.Dispose();

    [Fact(Timeout = 120000)]
    public async Task Two_hundred_domains_need_one_look_at_each_file()
    {
        for (int i = 1; i <= Domains; i++)
        {
            _host.Start($"vm{i}", i, Libraries);
        }

        IReadOnlyList<DetectedDomain> current = await _detector.ScanAsync(default);
        Assert.Equal(Domains, current.Count);
        Assert.All(current, domain => Assert.Equal((false, ""), (domain.IsOutdated, domain.Problem)));
        Assert.Equal(1, _probe.Asked);

        ulong emulator = _host.Inode(SyntheticHost.Emulator);
        ulong library = _host.Inode(Libraries[7]);
        ulong same = _host.Inode(Libraries[8]);
        _host.Install(SyntheticHost.Emulator, 2);
        _host.Install(Libraries[7], 2);
        _host.Install(Libraries[8], 1);
        for (int i = 1; i <= Domains; i += 2)
        {
            _host.KeepsOld(i, SyntheticHost.Emulator, emulator);
        }

        for (int i = 1; i <= Domains; i++)
        {
            _host.KeepsOld(i, Libraries[7], library);
            _host.KeepsOld(i, Libraries[8], same);
        }

        IReadOnlyList<DetectedDomain> outdated = await _detector.ScanAsync(default);
        Assert.Equal(Domains, outdated.Count(domain => domain.IsOutdated));
        Assert.Equal(Domains / 2, outdated.Count(domain => domain.Reasons.Any(reason => reason.Kind == StalenessKind.Binary)));
        Assert.All(outdated, domain => Assert.Equal([Libraries[7]], domain.Reasons.Single(reason => reason.Kind == StalenessKind.Libraries).Paths));
        // The new file once; the old one is remembered from when it was on disk.
        Assert.Equal(2, _probe.Asked);
    }

    [Fact(Timeout = 120000)]
    public async Task Without_the_right_to_see_mapped_files_what_looks_replaced_counts()
    {
        _host.Start("a", 1, Libraries, mapFiles: false);
        Assert.Empty(Assert.Single(await _detector.ScanAsync(default)).Reasons);
        ulong same = _host.Inode(Libraries[3]);
        _host.Install(Libraries[3], 1);
        _host.KeepsOld(1, Libraries[3], same);
        Assert.Equal([Libraries[3]], Assert.Single(Assert.Single(await _detector.ScanAsync(default)).Reasons).Paths);
    }
}
