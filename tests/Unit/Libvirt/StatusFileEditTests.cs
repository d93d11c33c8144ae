using System.Text;
using VirtHandover.Libvirt;

namespace VirtHandover.Tests.Unit.Libvirt;

public class StatusFileEditTests
{
    [Fact]
    public void Only_the_intended_values_change()
    {
        StatusFile file = StatusFileTests.Running;
        byte[] edited = file.Apply(new StatusFileEdit
        {
            ProcessId = 4711,
            Ptys = new Dictionary<string, string> { ["/dev/pts/0"] = "/dev/pts/12" },
        });

        string[] before = Encoding.UTF8.GetString(file.Content.Span).Split('\n');
        string[] after = Encoding.UTF8.GetString(edited).Split('\n');
        Assert.Equal(before.Length, after.Length);
        string[] changed = [.. before.Zip(after).Where(pair => pair.First != pair.Second).Select(pair => $"{pair.First.Trim()} => {pair.Second.Trim()}")];
        Assert.Equal(
            [
                "<domstatus state='running' reason='booted' pid='367'> => <domstatus state='running' reason='booted' pid='4711'>",
                "<source path='/dev/pts/0'/> => <source path='/dev/pts/12'/>",
                "<console type='pty' tty='/dev/pts/0'> => <console type='pty' tty='/dev/pts/12'>",
                "<source path='/dev/pts/0'/> => <source path='/dev/pts/12'/>",
            ],
            changed);
    }

    [Fact]
    public void An_edit_that_changes_nothing_gives_the_same_bytes()
    {
        StatusFile file = StatusFileTests.Running;
        Assert.Equal(file.Content.ToArray(), file.Apply(new StatusFileEdit { ProcessId = file.ProcessId }));
    }

    [Fact]
    public void Terminals_may_change_places()
    {
        const string text = """
            <domstatus pid="5"><domain><name>a</name><uuid>11111111-2222-3333-4444-555555555501</uuid><devices>
              <serial type="pty"><source path = "/dev/pts/1"/></serial>
              <channel type='pty'><source path='/dev/pts/2'/></channel>
              <serial type='file'><source path='/dev/pts/1'/></serial>
            </devices></domain></domstatus>
            """;
        byte[] edited = StatusFile.Parse("a.xml", Encoding.UTF8.GetBytes(text)).Apply(new StatusFileEdit
        {
            ProcessId = 6,
            Ptys = new Dictionary<string, string> { ["/dev/pts/1"] = "/dev/pts/2", ["/dev/pts/2"] = "/dev/pts/1" },
        });
        string expected = text
            .Replace("pid=\"5\"", "pid=\"6\"", StringComparison.Ordinal)
            .Replace("path = \"/dev/pts/1\"", "path = \"/dev/pts/2\"", StringComparison.Ordinal)
            .Replace("<channel type='pty'><source path='/dev/pts/2'/>", "<channel type='pty'><source path='/dev/pts/1'/>", StringComparison.Ordinal);
        Assert.Equal(expected, Encoding.UTF8.GetString(edited));
    }

    [Theory]
    [InlineData("\r\n")]
    [InlineData("\r")]
    public void Other_line_ends_are_found_again(string lineEnd)
    {
        StatusFile file = StatusFileTests.Running;
        string text = Encoding.UTF8.GetString(file.Content.Span).Replace("\n", lineEnd, StringComparison.Ordinal);
        byte[] edited = StatusFile.Parse("a.xml", Encoding.UTF8.GetBytes(text)).Apply(new StatusFileEdit { ProcessId = 99 });
        Assert.Equal(text.Replace("pid='367'", "pid='99'", StringComparison.Ordinal), Encoding.UTF8.GetString(edited));
    }

    [Fact]
    public void Replacing_keeps_mode_and_owner_and_leaves_nothing_behind()
    {
        using var directory = new TemporaryDirectory();
        string path = Path.Combine(directory.Path, "web 01&ü.xml");
        File.WriteAllBytes(path, StatusFileTests.Running.Content.ToArray());
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        StatusFile file = StatusFile.Read(path);

        file.Replace(file.Apply(new StatusFileEdit { ProcessId = 4711 }));

        Assert.Equal(4711, StatusFile.Read(path).ProcessId);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead, File.GetUnixFileMode(path));
        Assert.Equal([path], Directory.GetFiles(directory.Path));
    }

    [Fact]
    public void A_file_that_someone_else_changed_is_left_alone()
    {
        using var directory = new TemporaryDirectory();
        string path = Path.Combine(directory.Path, "a.xml");
        File.WriteAllBytes(path, StatusFileTests.Running.Content.ToArray());
        StatusFile file = StatusFile.Read(path);
        byte[] others = file.Apply(new StatusFileEdit { ProcessId = 1 });
        File.WriteAllBytes(path, others);

        StatusFileException refusal = Assert.Throws<StatusFileException>(() => file.Replace(file.Apply(new StatusFileEdit { ProcessId = 2 })));
        Assert.Contains("changed by someone else", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(others, File.ReadAllBytes(path));
    }

    [Fact]
    public void A_failed_write_leaves_the_file_as_it_was()
    {
        using var directory = new TemporaryDirectory();
        string path = Path.Combine(directory.Path, "a.xml");
        File.WriteAllBytes(path, StatusFileTests.Running.Content.ToArray());
        StatusFile file = StatusFile.Read(path);
        // A directory sits where the temporary file would be.
        Directory.CreateDirectory(path + ".virt-handover");

        Assert.Contains(path, Assert.Throws<StatusFileException>(() => file.Replace([1])).Message, StringComparison.Ordinal);
        Assert.Equal(file.Content.ToArray(), File.ReadAllBytes(path));
    }
}
