using VirtHandover.Detection;
using VirtHandover.Libvirt;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Tests.Unit.Detection;

/// <summary>With real processes: files are replaced under them as a package manager does it.</summary>
public sealed class DetectorTests : IDisposable
{
    private const string Bash = "/bin/bash";

    private readonly TemporaryDirectory _directory = new();
    private readonly FakeLibvirt _libvirt;
    private readonly FakeProbe _probe = new();
    private readonly Detector _detector;
    private readonly List<FakeEmulator> _processes = [];

    public DetectorTests()
    {
        _libvirt = new FakeLibvirt(_directory.Path);
        _detector = new Detector(_libvirt, _libvirt.Paths, ProcRoot.Host, _probe, new PackageOwner { Databases = [] });
        FakeEmulator.Install(Bash, Emulator);
    }

    private string Emulator => Path.Combine(_directory.Path, "qemu-kvm");

    public void Dispose()
    {
        _processes.ForEach(process => process.Dispose());
        _directory.Dispose();
    }

    [Fact(Timeout = 60000)]
    public async Task A_domain_on_the_file_on_disk_is_current()
    {
        FakeEmulator process = Start("web 01&ü");
        DetectedDomain domain = Assert.Single(await _detector.ScanAsync(default));
        Assert.Equal(("web 01&ü", process.ProcessId, false, ""), (domain.Name, domain.ProcessId, domain.IsOutdated, domain.Problem));
        Assert.Empty(domain.Reasons);
        Assert.Equal(domain.Installed, domain.Running);
        Assert.Equal(Emulator, domain.Running.Path);
        Assert.Equal("in " + domain.Running.Version, domain.Running.Package);
        Assert.Matches("^[0-9a-f]{40}$", domain.Running.BuildId);
    }

    [Fact(Timeout = 60000)]
    public async Task The_same_build_put_in_place_again_makes_nobody_outdated()
    {
        Start("a");
        FakeEmulator.Install(Bash, Emulator);
        DetectedDomain domain = Assert.Single(await _detector.ScanAsync(default));
        Assert.Empty(domain.Reasons);
        Assert.Equal(domain.Installed, domain.Running);
    }

    [Fact(Timeout = 60000)]
    public async Task Another_build_makes_it_outdated_and_a_downgrade_too()
    {
        Start("a");
        string old = Assert.Single(await _detector.ScanAsync(default)).Running.BuildId;

        FakeEmulator.Install(Bash, Emulator, build: 1);
        DetectedDomain upgraded = Assert.Single(await _detector.ScanAsync(default));
        Assert.True(upgraded.IsOutdated);
        Staleness reason = Assert.Single(upgraded.Reasons);
        Assert.Equal(StalenessKind.Binary, reason.Kind);
        Assert.Equal([Emulator], reason.Paths);
        Assert.Equal(old, upgraded.Running.BuildId);
        Assert.NotEqual(old, upgraded.Installed!.BuildId);
        Assert.NotEqual(upgraded.Running.Version, upgraded.Installed.Version);

        FakeEmulator.Install(Bash, Emulator);
        Assert.False(Assert.Single(await _detector.ScanAsync(default)).IsOutdated);
    }

    [Fact(Timeout = 60000)]
    public async Task A_link_to_the_emulator_is_followed()
    {
        string link = Path.Combine(_directory.Path, "link");
        File.CreateSymbolicLink(link, "qemu-kvm");
        Start("a", configured: link);
        DetectedDomain domain = Assert.Single(await _detector.ScanAsync(default));
        Assert.Empty(domain.Reasons);
        Assert.Equal(Emulator, domain.Installed!.Path);
    }

    [Fact(Timeout = 60000)]
    public async Task A_script_that_starts_the_emulator_is_looked_through()
    {
        string script = Path.Combine(_directory.Path, "kvm");
        await File.WriteAllTextAsync(script, "#!/bin/sh\nexec qemu-kvm -machine accel=kvm \"$@\"\n");
        Start("a", configured: script);
        FakeEmulator.Install(Bash, Emulator, build: 1);
        DetectedDomain domain = Assert.Single(await _detector.ScanAsync(default));
        Assert.Equal(Emulator, domain.Installed!.Path);
        Assert.True(domain.IsOutdated);
    }

    [Fact(Timeout = 60000)]
    public async Task A_missing_emulator_is_a_problem_and_not_an_upgrade()
    {
        Start("a");
        File.Delete(Emulator);
        DetectedDomain domain = Assert.Single(await _detector.ScanAsync(default));
        Assert.Null(domain.Installed);
        Assert.False(domain.IsOutdated);
        Assert.Contains(Emulator, domain.Problem, StringComparison.Ordinal);
        Assert.Contains("not on disk", domain.Problem, StringComparison.Ordinal);
        Assert.NotEqual("", domain.Running.Version);
    }

    [Fact(Timeout = 60000)]
    public async Task One_that_cannot_be_executed_or_does_not_answer_is_a_problem()
    {
        Start("a");
        Start("b");
        FakeEmulator.Install(Bash, Emulator, build: 2);
        _probe.Failure = "ended with code 127: broken";
        IReadOnlyList<DetectedDomain> domains = await _detector.ScanAsync(default);
        Assert.All(domains, domain => Assert.Null(domain.Installed));
        Assert.All(domains, domain => Assert.Contains("ended with code 127: broken", domain.Problem, StringComparison.Ordinal));
        // The file on disk once a scan, the running one for each domain.
        Assert.Equal(3, _probe.Asked);

        File.SetUnixFileMode(Emulator, UnixFileMode.UserRead);
        Assert.Contains("not an executable file", (await _detector.ScanAsync(default))[0].Problem, StringComparison.Ordinal);
    }

    [Theory(Timeout = 60000)]
    [InlineData("same", false)]
    [InlineData("other", true)]
    [InlineData("gone", true)]
    [InlineData("untouched", false)]
    public async Task A_library_counts_when_its_build_was_replaced(string change, bool outdated)
    {
        string source = ProcessMaps.Read(ProcRoot.Host, Start("probe").ProcessId)
            .First(mapping => mapping.IsExecutable && mapping.Path.Contains("libtinfo", StringComparison.Ordinal)).Path;
        _libvirt.Running.Clear();
        string libraries = Path.Combine(_directory.Path, "lib");
        string library = Path.Combine(libraries, Path.GetFileName(source));
        Directory.CreateDirectory(libraries);
        FakeEmulator.Install(source, library);
        // The loader looks for the name in the program, the file has the full version.
        foreach (string name in new[] { "libtinfo.so.6", "libtinfo.so.5" }.Where(name => name != Path.GetFileName(library)))
        {
            File.CreateSymbolicLink(Path.Combine(libraries, name), library);
        }

        Start("a", libraries: libraries);
        switch (change)
        {
            case "same":
                FakeEmulator.Install(source, library);
                break;
            case "other":
                FakeEmulator.Install(source, library, build: 1);
                break;
            case "gone":
                File.Delete(library);
                break;
        }

        DetectedDomain domain = Assert.Single(await _detector.ScanAsync(default));
        Assert.Equal(outdated, domain.IsOutdated);
        Assert.Equal(outdated ? [library] : [], domain.Reasons.Where(reason => reason.Kind == StalenessKind.Libraries).SelectMany(reason => reason.Paths));
        Assert.DoesNotContain(domain.Reasons, reason => reason.Kind == StalenessKind.Binary);
    }

    [Fact(Timeout = 60000)]
    public async Task A_process_that_is_not_the_domains_is_shown_as_a_fault()
    {
        FakeEmulator other = Start("other");
        RunningDomain domain = _libvirt.Add("a", other.ProcessId, Emulator);
        DetectedDomain found = Assert.Single(await _detector.ScanAsync(default), found => found.Uuid == domain.Uuid);
        Assert.Equal(0, found.ProcessId);
        Assert.False(found.IsOutdated);
        Assert.Contains("not the QEMU of this domain", found.Problem, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60000)]
    public async Task A_domain_that_ends_during_the_scan_is_left_out()
    {
        Start("a");
        Start("b");
        _libvirt.AfterList = () =>
        {
            _processes[0].Dispose();
            _libvirt.Running.RemoveAt(0);
            _processes.RemoveAt(0);
            _libvirt.AfterList = () => { };
        };
        Assert.Equal("b", Assert.Single(await _detector.ScanAsync(default)).Name);
    }

    [Fact(Timeout = 60000)]
    public async Task A_status_file_that_cannot_be_read_falls_back_to_the_pid_file()
    {
        FakeEmulator process = Start("a");
        await File.WriteAllTextAsync(_libvirt.Paths.StatusFile("a"), "garbage");
        DetectedDomain lost = Assert.Single(await _detector.ScanAsync(default));
        Assert.Equal(0, lost.ProcessId);
        Assert.Contains(_libvirt.Paths.StatusFile("a"), lost.Problem, StringComparison.Ordinal);

        await File.WriteAllTextAsync(_libvirt.Paths.PidFile("a"), $"{process.ProcessId}\n");
        FakeEmulator.Install(Bash, Emulator, build: 1);
        DetectedDomain found = Assert.Single(await _detector.ScanAsync(default));
        Assert.Equal(process.ProcessId, found.ProcessId);
        Assert.True(found.IsOutdated);
    }

    [Fact(Timeout = 60000)]
    public async Task A_rewritten_status_file_is_read_again()
    {
        FakeEmulator first = Start("a");
        Assert.Equal(first.ProcessId, Assert.Single(await _detector.ScanAsync(default)).ProcessId);
        RunningDomain domain = _libvirt.Running[0];
        using var second = new FakeEmulator(Emulator, domain.Uuid);
        _libvirt.Write(domain, second.ProcessId, Emulator);
        Assert.Equal(second.ProcessId, Assert.Single(await _detector.ScanAsync(default)).ProcessId);
    }

    private FakeEmulator Start(string name, string? configured = null, string? libraries = null)
    {
        RunningDomain domain = _libvirt.Add(name, 1, configured ?? Emulator);
        var process = new FakeEmulator(Emulator, domain.Uuid, libraries);
        _libvirt.Write(domain, process.ProcessId, configured ?? Emulator);
        _processes.Add(process);
        return process;
    }
}
