using VirtHandover.Configuration;
using VirtHandover.Queue;

namespace VirtHandover.Tests.Unit.Packaging;

/// <summary>The configuration file that the RPM installs is read by the service, and its comments tell the truth.</summary>
public sealed class ShippedConfigurationTests : IDisposable
{
    private static readonly string s_shipped = Path.Combine(Repository.Root, "packaging", "virt-handover.conf");

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vh-conf-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void As_it_is_it_changes_nothing() => Assert.Equal(new QueueOptions(), Settings.Load(s_shipped));

    [Fact]
    public void What_stands_commented_out_is_every_key_with_its_default()
    {
        var lines = File.ReadAllLines(s_shipped);
        var active = Path.Combine(_folder.FullName, "virt-handover.conf");
        // A key starts right after the #, an explanation after a space.
        File.WriteAllLines(active, lines.Select(line => line.StartsWith('#') && !line.StartsWith("# ", StringComparison.Ordinal) ? line[1..] : line));
        Assert.Equal(new QueueOptions(), Settings.Load(active));
        Assert.All(SettingKey.All, key => Assert.Contains(lines, line => line.StartsWith($"#{key.Name}=", StringComparison.Ordinal)));
    }
}
