using CsCheck;
using VirtHandover.Configuration;
using VirtHandover.Policy;
using VirtHandover.Queue;

namespace VirtHandover.Tests.Unit.Configuration;

public class SettingsTests
{
    [Fact]
    public void Without_files_the_defaults_hold()
    {
        using var directory = new TemporaryDirectory();
        Assert.Equal(new QueueOptions(), Settings.Load(Path.Combine(directory.Path, "virt-handover.conf")));
        Assert.Equal(PolicyMode.Ask, new QueueOptions().Mode);
    }

    [Fact]
    public void All_keys_are_read_whatever_their_case()
    {
        var options = Load("""
            # as the administrator likes it
            [service]
            mode = AUTO
            RescanInterval=1min

            [Handover]
            CopyLimit="2h"
            MaxPause=40ms
            MaxOutage=20s
            [Queue]
            SettleTime=0
            TransactionLimit=1h 30min
            """);
        Assert.Equal(
            new QueueOptions
            {
                Mode = PolicyMode.Auto,
                RescanInterval = TimeSpan.FromMinutes(1),
                CopyLimit = TimeSpan.FromHours(2),
                MaxPause = TimeSpan.FromMilliseconds(40),
                MaxOutage = TimeSpan.FromSeconds(20),
                SettleTime = TimeSpan.Zero,
                TransactionLimit = TimeSpan.FromMinutes(90),
            },
            options);
    }

    [Fact]
    public void Files_of_conf_d_follow_in_the_order_of_their_names()
    {
        using var directory = new TemporaryDirectory();
        var main = Path.Combine(directory.Path, "virt-handover.conf");
        File.WriteAllText(main, "[Service]\nMode=ask\nRescanInterval=5min\n");
        var more = Directory.CreateDirectory(Path.Combine(directory.Path, "conf.d")).FullName;
        File.WriteAllText(Path.Combine(more, "20-last.conf"), "[Service]\nMode=auto\n");
        File.WriteAllText(Path.Combine(more, "10-first.conf"), "[Service]\nMode=ask\nRescanInterval=7min\n");
        File.WriteAllText(Path.Combine(more, "30-no.conf.rpmsave"), "nonsense");

        var options = Settings.Load(main);
        Assert.Equal(PolicyMode.Auto, options.Mode);
        Assert.Equal(TimeSpan.FromMinutes(7), options.RescanInterval);
    }

    [Theory]
    [InlineData("[Queue]\nStopAfterFailures=-1\n", "line 2: StopAfterFailures=-1 is not valid; StopAfterFailures is a whole number from 0 to 1000, for example 1.")]
    [InlineData("[Queue]\n\nWindow=Sun 2-4\n", "line 3: Window=Sun 2-4 is not valid: \"Sun 2-4\" is no maintenance window: \"2\" is no time of day from 00:00 to 24:00. A right one is Sun 02:00-04:00; Mon..Fri 22:00-05:00")]
    [InlineData("[Service]\nMode=sometimes\n", "line 2: Mode=sometimes is not valid; Mode is ask, auto or never.")]
    [InlineData("[Service]\nMode\n", "line 2: \"Mode\" is neither a comment, a [Section] nor a Key=value line.")]
    [InlineData("[Service]\n\nMoed=ask\n", "line 3: there is no key Moed in section [Service]; its keys are Mode, DomainPolicy, RescanInterval, HistoryKeep.")]
    [InlineData("[Services]\nMode=ask\n", "line 2: there is no section [Services]; the sections are [Service], [Handover], [Queue].")]
    [InlineData("Mode=ask\n", "line 1: the key Mode stands before any section; the sections are [Service], [Handover], [Queue].")]
    [InlineData("[Service]\nMode=ask\nmode=auto\n", "line 3: the key mode of section [Service] was already set in line 2; remove one of the two.")]
    [InlineData("[Handover]\nMaxPause=0\n", "line 2: MaxPause=0 is not valid; MaxPause is a time with its unit from 1ms to 1h, for example 30ms.")]
    [InlineData("[Handover]\nMaxPause=30\n", "line 2: MaxPause=30 is not valid; MaxPause is a time with its unit from 1ms to 1h, for example 30ms.")]
    [InlineData("[Handover]\nMaxOutage=1s\n", "line 2: MaxOutage=1s is not valid; MaxOutage is a time from 5s to 1h, for example 500ms, 30s, 10min, 2h or 1h30min.")]
    [InlineData("[Handover]\nCopyLimit=0\n", "line 2: CopyLimit=0 is not valid; CopyLimit is a time from 1s to 1d, for example 500ms, 30s, 10min, 2h or 1h30min.")]
    [InlineData("[Handover]\nMaxPause=\u001b[31mred\n", "line 2: MaxPause=?[31mred is not valid; MaxPause is a time with its unit from 1ms to 1h, for example 30ms.")]
    public void A_wrong_line_is_named_with_what_is_right(string text, string sentence)
    {
        var thrown = Assert.Throws<ConfigurationException>(() => Load(text));
        Assert.EndsWith(sentence, thrown.Message, StringComparison.Ordinal);
        Assert.Contains("virt-handover.conf, line ", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Random_text_throws_nothing_but_the_declared_exception() =>
        Gen.OneOf(Gen.String, Gen.String["[]=;#/:\"\n\r MQdeoska"], Gen.Select(Gen.String, Gen.String, (key, value) => $"[Service]\n{key}={value}"))
            .Sample(text =>
            {
                try
                {
                    foreach (var entry in IniFile.Read("x", text))
                    {
                        Settings.Apply(new QueueOptions(), entry);
                    }
                }
                catch (ConfigurationException e)
                {
                    Assert.NotEmpty(e.Message);
                }
            });

    [Fact]
    public void One_that_is_there_and_cannot_be_read_does_not_count_as_missing()
    {
        using var directory = new TemporaryDirectory();
        var path = Path.Combine(directory.Path, "virt-handover.conf");
        Assert.Equal(new QueueOptions(), Settings.Load(path));
        File.CreateSymbolicLink(path, path);
        Assert.Contains($"{path} cannot be read", Assert.Throws<ConfigurationException>(() => Settings.Load(path)).Message, StringComparison.Ordinal);
        File.Delete(path);
        Directory.CreateDirectory(path);
        Assert.Contains($"{path} cannot be read", Assert.Throws<ConfigurationException>(() => Settings.Load(path)).Message, StringComparison.Ordinal);
        Directory.Delete(path);

        var more = Path.Combine(directory.Path, "conf.d");
        File.CreateSymbolicLink(more, more);
        Assert.Contains($"{more} cannot be read", Assert.Throws<ConfigurationException>(() => Settings.Load(path)).Message, StringComparison.Ordinal);
        File.Delete(more);
        Directory.CreateDirectory(more);
        File.CreateSymbolicLink(Path.Combine(more, "50-gone.conf"), path);
        Assert.Contains("leads to nothing", Assert.Throws<ConfigurationException>(() => Settings.Load(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Systemd_names_the_directories()
    {
        var paths = ServicePaths.FromEnvironment(name => name switch
        {
            "STATE_DIRECTORY" => "/s:/other",
            "RUNTIME_DIRECTORY" => "/r",
            _ => null,
        });
        Assert.Equal(("/s/queue/virt-handover.db", "/s/journal"), (paths.Database, paths.Journals));
        Assert.Equal("/r/pending", paths.PendingStamp);
        Assert.Equal("/etc/virt-handover/virt-handover.conf", paths.Configuration);
        Assert.Equal("/s/queue/virt-handover.db", ServicePaths.OfFront(name => name == "STATE_DIRECTORY" ? "/s/queue" : null).Database);
        Assert.Equal("/var/lib/virt-handover/queue/virt-handover.db", ServicePaths.OfFront(_ => null).Database);
    }

    private static QueueOptions Load(string text)
    {
        using var directory = new TemporaryDirectory();
        var path = Path.Combine(directory.Path, "virt-handover.conf");
        File.WriteAllText(path, text);
        return Settings.Load(path);
    }
}
