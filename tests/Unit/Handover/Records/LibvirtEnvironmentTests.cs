using VirtHandover.Handover.Records;

namespace VirtHandover.Tests.Unit.Handover.Records;

public class LibvirtEnvironmentTests
{
    private static readonly Start s_start = Start.Shared;

    [Fact]
    public void What_libvirt_gave_the_old_one_the_new_one_gets()
    {
        foreach (var start in Start.Recorded)
        {
            var built = LibvirtEnvironment.Of(start.Environment, start.Facts, []);
            Assert.Empty(built.Problems);
            Assert.Equal(start.Environment, built.Variables);
        }
    }

    [Theory]
    [InlineData("LD_PRELOAD=/tmp/e.so")]
    [InlineData("LD_AUDIT=/tmp/e.so")]
    [InlineData("LD_LIBRARY_PATH=/tmp")]
    [InlineData("GLIBC_TUNABLES=glibc.malloc.check=1")]
    [InlineData("BASH_ENV=/tmp/x")]
    [InlineData("BASH_FUNC_umask%%=() { id; }")]
    [InlineData("QEMU_MODULE_DIR=/tmp")]
    [InlineData("G_MODULE_DIR=/tmp")]
    [InlineData("PATH=/tmp\u0001")]
    [InlineData("USER=a b")]
    [InlineData("TMPDIR=tmp")]
    [InlineData("TZ=/etc/shadow")]
    [InlineData("DISPLAY=:0")]
    [InlineData("no variable")]
    [InlineData("=x")]
    public void What_libvirt_does_not_give_reaches_nothing(string variable)
    {
        var built = LibvirtEnvironment.Of([.. s_start.Environment.Where(each => each.Split('=')[0] != variable.Split('=')[0]), variable], s_start.Facts, []);
        Assert.Single(built.Problems);
        Assert.DoesNotContain(variable, built.Variables);
        Assert.Contains("LC_ALL=C", built.Variables);
    }

    [Fact]
    public void What_was_rewritten_is_found_and_libvirts_values_stand()
    {
        var built = LibvirtEnvironment.Of(["LD_PRELOAD=/tmp/e.so", "A=xxxx"], s_start.Facts, []);
        Assert.Equal(7, built.Problems.Count);
        Assert.Equal(s_start.Environment.Where(each => !each.StartsWith("PATH=", StringComparison.Ordinal)), built.Variables);
    }

    [Fact]
    public void A_value_twice_is_found() =>
        Assert.NotEmpty(LibvirtEnvironment.Of([.. s_start.Environment, "HOME=/tmp"], s_start.Facts, []).Problems);

    [Fact]
    public void What_libvirts_daemon_was_preloaded_with_its_VMs_are()
    {
        string[] old = ["LC_ALL=C", "LD_PRELOAD=/usr/lib/libjemalloc.so.2", .. s_start.Environment.Skip(1)];
        Assert.Equal(old, LibvirtEnvironment.Of(old, s_start.Facts, ["LD_PRELOAD=/usr/lib/libjemalloc.so.2"]).Variables);
        Assert.NotEmpty(LibvirtEnvironment.Of(old, s_start.Facts, ["LD_PRELOAD=/usr/lib/libjemalloc.so.1"]).Problems);
    }

    [Fact]
    public void What_the_domains_own_definition_sets_comes_last_and_counts()
    {
        var start = s_start.With(xml => Start.Qemu(xml).Replace(
            "</domain>",
            "<qemu:commandline><qemu:env name='LD_PRELOAD' value='/usr/lib/a.so'/><qemu:env name='EMPTY'/><qemu:env name='A' value='1'/>"
                + "<qemu:env name='A' value='2'/></qemu:commandline></domain>",
            StringComparison.Ordinal));
        string[] old = [.. s_start.Environment, "LD_PRELOAD=/usr/lib/a.so", "EMPTY=", "A=2"];
        var built = LibvirtEnvironment.Of(old, start.Facts, []);
        Assert.Empty(built.Problems);
        Assert.Equal(old.Order(), built.Variables.Order());
        Assert.NotEmpty(LibvirtEnvironment.Of(s_start.Environment, start.Facts, []).Problems);
        Assert.NotEmpty(LibvirtEnvironment.Of([.. s_start.Environment, "LD_PRELOAD=/tmp/b.so", "EMPTY=", "A=2"], start.Facts, []).Problems);
    }

    [Fact]
    public void What_a_shell_added_to_an_earlier_handover_is_left_out()
    {
        var built = LibvirtEnvironment.Of([.. s_start.Environment, "PWD=/", "SHLVL=0", "OLDPWD=/", "_=/usr/bin/setpriv"], s_start.Facts, []);
        Assert.Empty(built.Problems);
        Assert.Equal(s_start.Environment, built.Variables);
    }
}
