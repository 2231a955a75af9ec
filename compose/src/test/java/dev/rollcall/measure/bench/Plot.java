package dev.rollcall.measure.bench;

import de.erichseifert.vectorgraphics2d.Processors;
import de.erichseifert.vectorgraphics2d.VectorGraphics2D;
import de.erichseifert.vectorgraphics2d.util.PageSize;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Rectangle2D;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jfree.chart.JFreeChart;
import org.jfree.chart.axis.LogarithmicAxis;
import org.jfree.chart.block.BlockBorder;
import org.jfree.chart.plot.XYPlot;
import org.jfree.chart.renderer.xy.XYLineAndShapeRenderer;
import org.jfree.data.xy.XYSeries;
import org.jfree.data.xy.XYSeriesCollection;

/** What was measured by the size of a pool, as a line each in a picture; both axes logarithmic. */
final class Plot {
  private static final Rectangle2D SIZE = new Rectangle2D.Double(0, 0, 720, 400);
  private static final Font FONT = new Font(Font.SANS_SERIF, Font.PLAIN, 12);
  private static final Color GRID = new Color(0xdddddd);

  /** Told apart by those who see no red or green, too. */
  private static final List<Color> COLORS =
      Stream.of(0x0072b2, 0xd55e00, 0x009e73, 0xcc79a7, 0x56b4e9, 0xe69f00, 0x000000)
          .map(Color::new)
          .toList();

  private Plot() {}

  /**
   * Writes the picture as SVG.
   *
   * @param lines of each name, the value for each size
   */
  static void write(Path svg, String yTitle, List<Integer> sizes, Map<String, List<Double>> lines)
      throws IOException {
    XYSeriesCollection data = new XYSeriesCollection();
    lines.forEach(
        (name, values) -> {
          XYSeries series = new XYSeries(name);
          for (int i = 0; i < values.size(); i++) {
            series.add(sizes.get(i), values.get(i));
          }
          data.addSeries(series);
        });
    XYLineAndShapeRenderer renderer = new XYLineAndShapeRenderer();
    for (int i = 0; i < data.getSeriesCount(); i++) {
      renderer.setSeriesShape(i, new Ellipse2D.Double(-3, -3, 6, 6));
      renderer.setSeriesStroke(i, new BasicStroke(2));
      renderer.setSeriesPaint(i, COLORS.get(i % COLORS.size()));
    }
    XYPlot plot = new XYPlot(data, axis("servers in the pool"), axis(yTitle), renderer);
    plot.setBackgroundPaint(Color.WHITE);
    plot.setRangeGridlinePaint(GRID);
    plot.setDomainGridlinesVisible(false);
    plot.setOutlineVisible(false);
    JFreeChart chart = new JFreeChart(null, FONT, plot, lines.size() > 1);
    chart.setBackgroundPaint(Color.WHITE);
    if (chart.getLegend() != null) {
      chart.getLegend().setItemFont(FONT);
      chart.getLegend().setFrame(BlockBorder.NONE);
    }
    VectorGraphics2D graphics = new VectorGraphics2D();
    chart.draw(graphics, SIZE);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Processors.get("svg")
        .getDocument(graphics.getCommands(), new PageSize(SIZE.getWidth(), SIZE.getHeight()))
        .writeTo(out);
    // It leaves out a size of 12, and names the font of this machine.
    Files.writeString(
        svg,
        out.toString(StandardCharsets.UTF_8)
            .replaceFirst("<svg ", "<svg font-family=\"sans-serif\" font-size=\"12\" ")
            .replaceAll("font-family:&quot;[^&]*&quot;;", ""));
  }

  private static LogarithmicAxis axis(String title) {
    LogarithmicAxis axis = new LogarithmicAxis(title);
    axis.setLabelFont(FONT);
    axis.setTickLabelFont(FONT);
    axis.setExpTickLabelsFlag(false);
    axis.setLog10TickLabelsFlag(false);
    return axis;
  }
}
